import { shardOf, type Id } from '@app/platform';
import type { Queryable } from '../database.js';

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
 * A page of such a list, newest first, by key: every page costs the same, however deep. `id > 0` selects the list's own
 * index, which nothing else may use: see the migration that made it.
 */
export async function entryPage(
  connection: Queryable,
  { name, table, owner, subject, filter = 'true' }: EntryList,
  ownerId: Id,
  { limit, before, after }: KeyPage,
): Promise<Entry[]> {
  const { rows } = await connection.query<Entry>(
    name,
    `SELECT id, ${subject} AS subject FROM ${table} WHERE shard = $1 AND ${owner} = $2 AND ${filter} AND id > 0
       AND ($3::bigint IS NULL OR id < $3) AND ($4::bigint IS NULL OR id > $4)
     ORDER BY id ${after === null ? 'DESC' : 'ASC'} LIMIT $5`,
    [shardOf(ownerId), ownerId, before, after, limit],
  );
  return after === null ? rows : rows.toReversed();
}
