import type pg from 'pg';

export interface Rows {
  query<Row extends pg.QueryResultRow>(sql: string): Promise<Row[]>;
}

const counts = (what: string, table: string, counted: string): string =>
  `SELECT '${what} of ' || id || ' is ' || stored || ', its rows are ' || rows AS drift
   FROM (SELECT id, ${counted} FROM ${table} t) AS both_sides WHERE stored <> rows`;

/** Both ends of a pair are written together: finds those that are only at one of them. */
const ends = (one: string, other: string, columns: string): string =>
  `SELECT '${one} and ${other} differ: ' || ids AS drift FROM (
     SELECT (${columns})::text AS ids FROM (
       (SELECT ${columns} FROM ${one} EXCEPT SELECT ${columns} FROM ${other})
       UNION ALL (SELECT ${columns} FROM ${other} EXCEPT SELECT ${columns} FROM ${one})) AS unpaired) AS pairs`;

const left = (table: string, where = 'true'): string =>
  `SELECT '${table}: ' || count(*) || ' are left' AS drift FROM ${table} WHERE ${where} HAVING count(*) > 0`;

const queries = [
  counts(
    'likes',
    'posts',
    'likes_count AS stored, (SELECT count(*) FROM post_likes WHERE post_id = t.id AND NOT hidden) AS rows',
  ),
  counts(
    'comments',
    'posts',
    'comments_count AS stored, (SELECT count(*) FROM comments WHERE post_id = t.id AND NOT hidden AND NOT deleted) AS rows',
  ),
  counts(
    'replies',
    'comments',
    'replies_count AS stored, (SELECT count(*) FROM comments WHERE t.id IN (reply_to, root_id) AND NOT hidden AND NOT deleted) AS rows',
  ),
  counts(
    'posts',
    'users',
    `posts_count AS stored, (SELECT count(*) FROM posts WHERE author_id = t.id AND state = 'published' AND NOT archived) AS rows`,
  ),
  counts(
    'followers',
    'users',
    'followers_count AS stored, (SELECT count(*) FROM followers WHERE followee_id = t.id AND accepted) AS rows',
  ),
  counts(
    'following',
    'users',
    'following_count AS stored, (SELECT count(*) FROM follows WHERE follower_id = t.id AND accepted) AS rows',
  ),
  counts(
    'unread',
    '(SELECT user_id AS id, * FROM notification_states)',
    'unread AS stored, (SELECT count(*) FROM notifications WHERE user_id = t.id AND NOT read AND count > 0) AS rows',
  ),
  ends('follows', 'followers', 'follower_id, followee_id, accepted'),
  ends('blocks', 'blocked_by', 'blocker_id, blocked_id'),
  // A deleted post loses its end at once; its likers' ends are swept later.
  ends(
    '(SELECT * FROM likes WHERE post_id IN (SELECT id FROM posts)) AS living',
    'post_likes',
    'user_id, post_id',
  ),
  left('count_deltas'),
  left('outbox'),
  left('photos', `state NOT IN ('ready', 'uploading')`),
  left('posts', `state <> 'published'`),
  left('idempotency_keys', 'status IS NULL'),
];

/** Compares counts with rows, and rows with their other ends, and finds unfinished work. */
export async function driftOfRows(stack: Rows): Promise<string[]> {
  const found: string[] = [];
  for (const sql of queries)
    found.push(...(await stack.query<{ drift: string }>(sql)).map(({ drift }) => drift));
  return found;
}
