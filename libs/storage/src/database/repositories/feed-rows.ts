import { Injectable } from '@nestjs/common';
import type { Id } from '@app/platform';
import { Database } from '../database.js';
import { keyOf } from '../queryable.js';

/** The authors in the feed of $2 (on shard $1): $2, and the people whom $2 follows, without muted and blocked ones. */
const authors = `authors AS MATERIALIZED (
    SELECT f.followee_id AS id FROM follows f
    WHERE f.shard = $1 AND f.follower_id = $2 AND f.accepted
      AND NOT EXISTS (SELECT FROM mutes m WHERE m.shard = $1 AND m.muter_id = $2 AND m.muted_id = f.followee_id)
      AND NOT EXISTS (SELECT FROM blocks b WHERE b.shard = $1 AND b.blocker_id = $2 AND b.blocked_id = f.followee_id)
      AND NOT EXISTS (SELECT FROM blocked_by b WHERE b.shard = $1 AND b.blocked_id = $2 AND b.blocker_id = f.followee_id)
    UNION ALL SELECT $2::bigint)`;

/** The posts of an author that a feed shows; one's own also while their photos are developed. */
const shown = `NOT p.archived AND p.taken_at IS NULL AND (p.state = 'published' OR (p.state = 'publishing' AND p.author_id = $2))`;

/** One author's posts, along the index (shard, author_id, id DESC): never more than requested. */
const postsOf = (author: string, range: string, order: string, limit: string): string =>
  `SELECT p.id FROM posts p
     WHERE p.shard = shard_of(${author}) AND p.author_id = ${author} AND ${range} AND ${shown}
     ORDER BY p.id ${order} LIMIT ${limit}`;

/**
 * A few of each author's newest posts give the page's lower bound: the $4th newest of them; the page may end above it. An
 * author with fewer than these few above the bound has no more there; only the others are read again. Without the bound,
 * 1,000 authors would return 500 posts each to find 500 among.
 */
const newestSql = `WITH ${authors},
  few AS (SELECT least($4::bigint, greatest(4, 4 * $4::bigint / count(*))) AS each FROM authors),
  heads AS MATERIALIZED (
    SELECT a.id AS author, h.id FROM authors a
    CROSS JOIN LATERAL (${postsOf('a.id', 'p.id < $3', 'DESC', '(SELECT each FROM few)')}) h),
  bound AS MATERIALIZED (
    SELECT coalesce((SELECT id FROM heads ORDER BY id DESC OFFSET $4::bigint - 1 LIMIT 1), 0) AS id),
  above AS MATERIALIZED (SELECT h.author, h.id FROM heads h WHERE h.id >= (SELECT id FROM bound)),
  busy AS (
    SELECT author, min(id) AS last FROM above GROUP BY author HAVING count(*) >= (SELECT each FROM few))
  SELECT id FROM above
  UNION ALL
  SELECT n.id FROM busy
  CROSS JOIN LATERAL (
    ${postsOf('busy.author', 'p.id < busy.last AND p.id >= (SELECT id FROM bound)', 'DESC', '$4')}) n
  ORDER BY id DESC LIMIT $4`;

const aboveSql = `WITH ${authors}
  SELECT n.id FROM authors a
  CROSS JOIN LATERAL (${postsOf('a.id', 'p.id > $3', 'ASC', '$4')}) n
  ORDER BY n.id LIMIT $4`;

/** Posts of each named author, as others see them: $2 is nobody. */
const authorsNewestSql = `SELECT a.id AS author, n.id FROM unnest($1::bigint[]) AS a(id)
  CROSS JOIN LATERAL (${postsOf('a.id', 'p.id < $3 AND p.id > $5', 'DESC', '$4')}) n
  ORDER BY n.id DESC`;

const relationsSql = `WITH ${authors}
  SELECT a.id, u.audience > 0 OR u.newest_unfanned_post_id > $3 AS merged FROM authors a
  JOIN users u ON u.shard = shard_of(a.id) AND u.id = a.id`;

const LARGEST = '9223372036854775807';
const NOBODY = '0';

type IdRow = { id: Id };
const ids = (rows: readonly IdRow[]): Id[] => rows.map(({ id }) => id);

/** The authors in a reader's feed, and those of them that are merged into it at read time. */
export interface FeedRelations {
  authors: Id[];
  merged: Id[];
}

/** The source for rebuilding home feeds, and their fallback: the same order and the same filter at any depth. */
@Injectable()
export class FeedRows {
  constructor(private readonly database: Database) {}

  /** The newest posts of a reader's feed below `before`, newest first. */
  async newestIds(reader: Id, before: Id | null, limit: number): Promise<Id[]> {
    const parameters = keyOf(reader, before ?? LARGEST, limit);
    return ids((await this.database.query<IdRow>('feed.newest', newestSql, parameters)).rows);
  }

  /** The posts of a reader's feed just above `after`, newest first. */
  async aboveIds(reader: Id, after: Id, limit: number): Promise<Id[]> {
    const parameters = keyOf(reader, after, limit);
    return ids((await this.database.query<IdRow>('feed.above', aboveSql, parameters)).rows).reverse();
  }

  /** The newest posts of each of these authors between two ids, both exclusive; at most `limit` of each, newest first. */
  async authorsNewest(
    authorIds: readonly Id[],
    { before = LARGEST, above = '0', limit }: { before?: Id; above?: Id; limit: number },
  ): Promise<{ author: Id; id: Id }[]> {
    const parameters = [authorIds, NOBODY, before, limit, above];
    return (await this.database.query<{ author: Id; id: Id }>('feed.authors', authorsNewestSql, parameters))
      .rows;
  }

  /** `floor`: an author with a newer post that was not fanned out is merged. */
  async relations(reader: Id, floor: Id): Promise<FeedRelations> {
    const parameters = keyOf(reader, floor);
    const { rows } = await this.database.query<IdRow & { merged: boolean }>(
      'feed.relations',
      relationsSql,
      parameters,
    );
    return { authors: ids(rows), merged: ids(rows.filter(({ merged }) => merged)) };
  }
}
