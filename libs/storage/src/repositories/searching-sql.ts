/** Why these limits: a candidate costs about 5 µs to find and 10 µs to look at, and a search has 20 ms. */
const words = `search_text(username || ' ' || display_name)`;

/**
 * $1 the text, $2 and $3 patterns for names and for words that begin so, $4 and $5 the viewer. Whom the viewer follows and
 * is followed by come first in the ranking, so they are looked through themselves: a thousand of each.
 */
export const foundPeople = `
  WITH related AS (
    (SELECT followee_id AS id FROM follows WHERE shard = $4 AND follower_id = $5 AND accepted
      ORDER BY follows.id DESC LIMIT 1000)
    UNION
    (SELECT follower_id FROM followers WHERE shard = $4 AND followee_id = $5 AND accepted
      ORDER BY followers.id DESC LIMIT 1000)),
  near AS (
    SELECT u.id FROM related r JOIN users u ON u.shard = shard_of(r.id) AND u.id = r.id
    WHERE u.closed_at IS NULL AND search_text(u.username || ' ' || u.display_name) LIKE $3),
  others AS (
    (SELECT id FROM users WHERE closed_at IS NULL AND audience > 0 AND ${words} LIKE $3 LIMIT 200)
    UNION
    (SELECT id FROM users WHERE closed_at IS NULL AND search_text(username) LIKE $2
      ORDER BY search_text(username) USING ~<~ LIMIT 300)
    UNION
    (SELECT id FROM users WHERE closed_at IS NULL AND ${words} LIKE $3 LIMIT 300)),
  candidates AS (SELECT id, true AS near FROM near UNION ALL SELECT id, false FROM others)
  SELECT u.id, max(u.followers_count) AS size, min(CASE search_text(u.username) WHEN $1 THEN 0 ELSE 1 END) AS match
  FROM candidates c JOIN users u ON u.shard = shard_of(c.id) AND u.id = c.id
  GROUP BY u.id ORDER BY bool_or(c.near) DESC, match, size DESC, u.id LIMIT 300`;

export const similarPeople = `
  SELECT id, followers_count AS size, 2 AS match FROM (
    SELECT id, followers_count, ${words} AS words FROM users
    WHERE closed_at IS NULL AND $1 <% ${words} LIMIT 300) AS alike
  ORDER BY word_similarity($1, words) DESC, size DESC, id LIMIT 50`;

type TermTable = 'tags' | 'places';

/** $1 the text, $2 and $3 patterns. The popular ones of the first two letters are looked through whatever else begins so. */
export const foundTerms = (table: TermTable): string => `
  WITH candidates AS (
    (SELECT id FROM (SELECT id, name FROM ${table} WHERE left(search_text(name), 3) = left($1, 3)
        ORDER BY posts_count DESC LIMIT 500) AS popular WHERE search_text(name) LIKE $2)
    UNION
    (SELECT id FROM ${table} WHERE search_text(name) LIKE $2 ORDER BY search_text(name) USING ~<~ LIMIT 300)
    UNION
    (SELECT id FROM ${table} WHERE search_text(name) LIKE $3 LIMIT 300))
  SELECT t.id, t.posts_count AS size, CASE search_text(t.name) WHEN $1 THEN 0 ELSE 1 END AS match
  FROM candidates c JOIN ${table} t ON t.shard = shard_of(c.id) AND t.id = c.id
  WHERE t.posts_count > 0 ORDER BY match, size DESC, t.id LIMIT 200`;

export const similarTerms = (table: TermTable): string => `
  SELECT id, posts_count AS size, 2 AS match FROM (
    SELECT id, posts_count, search_text(name) AS text FROM ${table} WHERE $1 <% search_text(name) LIMIT 300) AS alike
  WHERE posts_count > 0 ORDER BY word_similarity($1, text) DESC, size DESC, id LIMIT 50`;
