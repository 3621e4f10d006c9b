import type { Id } from '@app/platform';
import { keyOf, type Queryable } from '../queryable.js';

/** A page of a list: ids below `before`, or ids just above `after`; at most one of the two. */
export interface KeyPage {
  limit: number;
  before: Id | null;
  after: Id | null;
}

/** An entry of a list that is ordered by the id of the act (a like, a follow), not of the subject. */
export interface Entry {
  id: Id;
  subject: Id;
}

/** A list stored as entries of its owner: `owner` and `subject` name columns of `table`. */
export interface EntryList {
  name: string;
  table: string;
  owner: string;
  subject: string;
  /** A further WHERE condition, as in the index that serves the list. */
  filter?: string;
}

/**
 * A page by key, newest first: every page costs the same, however deep. `select` ends in its WHERE, and has `parameters`.
 */
export async function keyPage<Row>(
  connection: Queryable,
  [name, select, parameters]: readonly [name: string, select: string, parameters: readonly unknown[]],
  { limit, before, after }: KeyPage,
  key = 'id',
): Promise<Row[]> {
  const [below, above, most] = [1, 2, 3].map((place) => `$${parameters.length + place}`);
  const rows = await connection.list<Row>(
    name,
    `${select} AND (${below}::bigint IS NULL OR ${key} < ${below}) AND (${above}::bigint IS NULL OR ${key} > ${above})
     ORDER BY ${key} ${after === null ? 'DESC' : 'ASC'} LIMIT ${most}`,
    [...parameters, before, after, limit],
  );
  return after === null ? rows : rows.toReversed();
}

/** A page of such a list. `id > 0` selects the list's own index, which nothing else may use: see the migration that made it. */
export function entryPage(
  connection: Queryable,
  { name, table, owner, subject, filter = 'true' }: EntryList,
  ownerId: Id,
  page: KeyPage,
): Promise<Entry[]> {
  const select = `SELECT id, ${subject} AS subject FROM ${table} WHERE shard = $1 AND ${owner} = $2 AND ${filter} AND id > 0`;
  return keyPage(connection, [name, select, keyOf(ownerId)], page);
}
