import { Injectable } from '@nestjs/common';
import type { Id } from '@app/platform';
import { Database } from '../database.js';
import type { Queryable } from '../queryable.js';
import type { CountDelta } from '../entities/later-work.js';
import { PopularRows } from './popular.js';
import { SearchWords } from './search-words.js';

/** Every stored count: its subject, its column, and the recompute that it triggers when it changes. */
export const counterTable = {
  'post.likes': { table: 'posts', column: 'likes_count', notifies: 'notify.likes' },
  'post.comments': { table: 'posts', column: 'comments_count', notifies: 'notify.comments' },
  'user.posts': { table: 'users', column: 'posts_count', notifies: null },
  'user.followers': { table: 'users', column: 'followers_count', notifies: 'notify.follows' },
  'user.following': { table: 'users', column: 'following_count', notifies: null },
  'comment.likes': { table: 'comments', column: 'likes_count', notifies: 'notify.commentLikes' },
  'comment.replies': { table: 'comments', column: 'replies_count', notifies: 'notify.replies' },
  'tag.posts': { table: 'tags', column: 'posts_count', notifies: null },
  'place.posts': { table: 'places', column: 'posts_count', notifies: null },
} as const;

export type CounterName = keyof typeof counterTable;

/** A row's count after a fold; deltas that came later are not in it. */
export interface FoldedCount {
  subject_id: Id;
  counter: CounterName;
  value: number;
}

const likedOf = (folded: readonly FoldedCount[]): Id[] =>
  folded.filter(({ counter }) => counter === 'post.likes').map(({ subject_id }) => subject_id);

interface Place {
  counter: string;
  column: string;
}

/** The counts of each table: one UPDATE must change all of a row's counts, since a statement may change a row only once. */
const tables = new Map<string, Place[]>();
for (const [counter, { table, column }] of Object.entries(counterTable)) {
  tables.set(table, [...(tables.get(table) ?? []), { counter, column }]);
}

/** Adds the sums of the taken deltas to the rows of one table. */
function foldTable(table: string, places: readonly Place[]): string {
  const sum = ({ counter }: Place) => `coalesce(sum(delta) FILTER (WHERE counter = '${counter}'), 0)::int`;
  return `fold_${table} AS (
    UPDATE ${table} t SET ${places.map(({ column }) => `${column} = t.${column} + s.${column}`).join(', ')}
    FROM (SELECT subject_id, ${places.map((place) => `${sum(place)} AS ${place.column}`).join(', ')}
          FROM taken WHERE counter IN (${places.map(({ counter }) => `'${counter}'`).join(', ')}) GROUP BY 1) s
    WHERE t.shard = $1 AND t.id = s.subject_id
    RETURNING s.subject_id, ${places.map(({ column }) => `t.${column}`).join(', ')})`;
}

/** A count's new value, where a delta of it was taken. */
function answerOf(table: string, { counter, column }: Place): string {
  return `SELECT subject_id, '${counter}' AS counter, ${column} AS value FROM fold_${table}
    WHERE subject_id IN (SELECT subject_id FROM taken WHERE counter = '${counter}')`;
}

/** A delta that is not folded yet. */
export type WaitingDelta = Pick<CountDelta, 'id' | 'subject_id' | 'counter'>;

/** One statement folds all counters of a shard: it deletes deltas and changes rows together. */
const foldSql = `WITH taken AS (DELETE FROM count_deltas WHERE shard = $1 AND id = ANY($2::bigint[])
    RETURNING subject_id, counter, delta),
  ${[...tables].map(([table, places]) => foldTable(table, places)).join(',\n  ')}
  ${[...tables].flatMap(([table, places]) => places.map((place) => answerOf(table, place))).join('\n  UNION ALL ')}`;

/** A post's current counts, folded and unfolded; and the versions that its cached text depends on. */
export interface PostCounts {
  id: Id;
  likes: number;
  comments: number;
  version: number;
  author: Id;
  authorVersion: number;
}

export interface UserCounts {
  id: Id;
  posts: number;
  followers: number;
  following: number;
  version: number;
}

/** The unfolded deltas of one subject's count. */
const unfolded = (subject: string, counter: string): string =>
  `(SELECT coalesce(sum(d.delta), 0) FROM count_deltas d
     WHERE d.shard = ${subject}.shard AND d.subject_id = ${subject}.id AND d.counter = '${counter}')`;

/** One statement, so one snapshot: a concurrent fold moves deltas into the row, and the sum stays the same. */
const postsSql = `SELECT p.id, p.version, p.author_id AS author, u.version AS "authorVersion",
    (p.likes_count + ${unfolded('p', 'post.likes')})::int AS likes,
    (p.comments_count + ${unfolded('p', 'post.comments')})::int AS comments
  FROM unnest($1::bigint[]) AS asked(id)
  JOIN posts p ON p.shard = shard_of(asked.id) AND p.id = asked.id
  JOIN users u ON u.shard = shard_of(p.author_id) AND u.id = p.author_id`;

const usersSql = `SELECT u.id, u.version,
    (u.posts_count + ${unfolded('u', 'user.posts')})::int AS posts,
    (u.followers_count + ${unfolded('u', 'user.followers')})::int AS followers,
    (u.following_count + ${unfolded('u', 'user.following')})::int AS following
  FROM unnest($1::bigint[]) AS asked(id)
  JOIN users u ON u.shard = shard_of(asked.id) AND u.id = asked.id`;

/**
 * Counts change by deltas, which the worker folds (docs/decisions/0011): a like inserts its row and a delta in one
 * transaction, so nothing is lost or counted twice, and a thousand likers do not wait for one row's lock.
 */
@Injectable()
export class CountRows {
  constructor(
    private readonly database: Database,
    private readonly popular: PopularRows,
    private readonly words: SearchWords,
  ) {}

  /** Writes one delta for each subject, times how often it is named. */
  async add(tx: Queryable, counter: CounterName, subjectIds: readonly Id[], delta: number): Promise<void> {
    await tx.query(
      'countDelta.insert',
      `INSERT INTO count_deltas (shard, subject_id, counter, delta)
       SELECT shard_of(s.id), s.id, $2, $3::int * count(*) FROM unnest($1::bigint[]) AS s(id) GROUP BY s.id`,
      [subjectIds, counter, delta],
    );
  }

  /** A shard's deltas older than `milliseconds`, and their subjects. */
  waiting(shard: number, milliseconds: number): Promise<WaitingDelta[]> {
    return this.database.list(
      'countDelta.waiting',
      `SELECT id, subject_id, counter FROM count_deltas
       WHERE shard = $1 AND created_at < clock_timestamp() - make_interval(secs => $2) LIMIT 20000`,
      [shard, milliseconds / 1000],
    );
  }

  /**
   * Folds these deltas of a shard and returns the rows' new counts; null when another worker is folding there. Explore's
   * scores of liked posts change with them.
   */
  async fold(shard: number, deltaIds: readonly Id[]): Promise<FoldedCount[] | null> {
    return this.database.transaction(async (tx) => {
      const lock = await tx.query<{ mine: boolean }>(
        'count.lock',
        `SELECT pg_try_advisory_xact_lock(hashtext('fold'), $1) AS mine`,
        [shard],
      );
      if (!lock.rows[0]?.mine) return null;
      const { rows } = await tx.query<FoldedCount>('count.fold', foldSql, [shard, deltaIds]);
      await this.popular.refreshPosts(likedOf(rows), tx);
      await this.words.rank(tx, shard, rows);
      return rows;
    });
  }

  /** Shards with deltas older than `seconds`. */
  overdueShards(seconds: number, limit: number): Promise<number[]> {
    return this.database.values(
      'count.overdue',
      `SELECT DISTINCT shard FROM count_deltas WHERE created_at < now() - make_interval(secs => $1) LIMIT $2`,
      [seconds, limit],
    );
  }

  /** Counts as every reader must see them. Deleted posts are not in the answer. */
  async ofPosts(ids: readonly Id[]): Promise<PostCounts[]> {
    return (await this.database.query<PostCounts>('counts.posts', postsSql, [ids])).rows;
  }

  async ofUsers(ids: readonly Id[]): Promise<UserCounts[]> {
    return (await this.database.query<UserCounts>('counts.users', usersSql, [ids])).rows;
  }
}
