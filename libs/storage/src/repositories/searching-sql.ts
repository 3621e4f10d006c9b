/** Why these limits: a candidate costs some 10 µs to find and to look at, and a search has 20 ms. */
const EACH = 200;

const words = `search_text(username || ' ' || display_name)`;

/** The first of those whose `text` begins as asked for ($2): read along a b-tree, so never more than the limit. */
const beginning = (table: string, text: string, condition = 'true'): string => `
    (SELECT id FROM ${table} WHERE ${condition} AND ${text} LIKE $2 ORDER BY ${text} USING ~<~ LIMIT ${EACH})`;

/** Any of those of whose words one begins as asked for ($3): by trigrams, so a longer text or a small index is needed. */
const anyWord = (table: string, text: string, condition = 'true'): string => `
    (SELECT id FROM ${table} WHERE ${condition} AND ${text} LIKE $3 LIMIT ${EACH})`;

const open = 'closed_at IS NULL';
const people = [
  anyWord('users', words, `${open} AND audience > 0`),
  beginning('users', 'search_text(username)', open),
  beginning('users', `search_text(substring(username FROM '[^._]+$'))`, open),
  beginning('users', 'search_text(display_name)', open),
  beginning('users', `search_text(substring(display_name FROM '\\S+$'))`, open),
];

/**
 * $1 the text, $2 and $3 patterns for texts and for words that begin so, $4 and $5 the viewer. Whom the viewer follows and
 * is followed by come first in the ranking, so the newest of them are looked through themselves, one by one: `LIMIT 1`
 * keeps the planner from reading everybody whose name matches instead.
 */
export const foundPeople = ({ long }: { long: boolean }): string => `
  WITH related AS (
    (SELECT followee_id AS id FROM follows WHERE shard = $4 AND follower_id = $5 AND accepted
      ORDER BY follows.id DESC LIMIT 500)
    UNION
    (SELECT follower_id FROM followers WHERE shard = $4 AND followee_id = $5 AND accepted
      ORDER BY followers.id DESC LIMIT 200)),
  near AS (
    SELECT r.id FROM related r CROSS JOIN LATERAL (
      SELECT * FROM users WHERE shard = shard_of(r.id) AND id = r.id LIMIT 1) AS u
    WHERE u.closed_at IS NULL AND search_text(u.username || ' ' || u.display_name) LIKE $3),
  others AS (${[...people, ...(long ? [anyWord('users', words, open)] : [])].join('\n    UNION')}),
  candidates AS (SELECT id, true AS near FROM near UNION ALL SELECT id, false FROM others)
  SELECT u.id, max(u.followers_count) AS size,
    min(CASE translate(u.username, '._', '  ') WHEN ltrim($1) THEN 0 ELSE 1 END) AS match
  FROM candidates c JOIN users u ON u.shard = shard_of(c.id) AND u.id = c.id
  GROUP BY u.id ORDER BY bool_or(c.near) DESC, match, size DESC, u.id LIMIT 300`;

export const similarPeople = `
  SELECT id, followers_count AS size, 2 AS match FROM (
    SELECT id, followers_count, ${words} AS words FROM users
    WHERE closed_at IS NULL AND $1 <% ${words} LIMIT ${EACH}) AS alike
  ORDER BY word_similarity($1, words) DESC, size DESC, id LIMIT 50`;

type TermTable = 'tags' | 'places';

/** $1 the text, $2 and (if it is long) $3 patterns. The popular ones of the first two letters are looked through whatever else begins so. */
export const foundTerms = (table: TermTable, { long }: { long: boolean }): string => `
  WITH candidates AS (
    (SELECT id FROM (SELECT id, name FROM ${table} WHERE left(search_text(name), 3) = left($1, 3)
        ORDER BY posts_count DESC LIMIT 500) AS popular WHERE search_text(name) LIKE $2)
    UNION ${beginning(table, 'search_text(name)')}
    ${long ? `UNION ${anyWord(table, 'search_text(name)')}` : ''})
  SELECT t.id, t.posts_count AS size, CASE search_text(t.name) WHEN $1 THEN 0 ELSE 1 END AS match
  FROM candidates c JOIN ${table} t ON t.shard = shard_of(c.id) AND t.id = c.id
  WHERE t.posts_count > 0 ORDER BY match, size DESC, t.id LIMIT 200`;

export const similarTerms = (table: TermTable): string => `
  SELECT id, posts_count AS size, 2 AS match FROM (
    SELECT id, posts_count, search_text(name) AS text FROM ${table} WHERE $1 <% search_text(name) LIMIT ${EACH}) AS alike
  WHERE posts_count > 0 ORDER BY word_similarity($1, text) DESC, size DESC, id LIMIT 50`;
