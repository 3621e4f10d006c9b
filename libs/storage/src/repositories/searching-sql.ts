/** Found along the alphabet: with fewer, these are all that there are. */
const EACH = 200;
/** Of the largest whose names begin with the same few letters, so many are looked through for the rest of the text. */
const LARGE = 400;
/** Beyond so many words, likenesses are looked for among the larger people alone: trigrams cost by how many names have them. */
const SMALL_INSTANCE = 500_000;

/** How many letters the indexes of the largest know; the longest that a text has. */
const letters = [8, 5, 3, 2, 1];

export const lettersOf = (text: string): number => letters.find((count) => count <= [...text].length) ?? 1;

/**
 * $1 a pattern for the beginnings of words, $2 the text's first letters. Along the alphabet first; only where that reaches
 * its limit, the largest as well. All of it from indexes alone.
 */
const candidates = (kind: string, letterCount: number): string => `
  beginning AS MATERIALIZED (
    SELECT subject_id AS id FROM search_words WHERE kind = '${kind}' AND word LIKE $1
    ORDER BY word USING ~<~ LIMIT ${EACH}),
  many AS MATERIALIZED (SELECT count(*) = ${EACH} AS so FROM beginning),
  large AS MATERIALIZED (
    SELECT id FROM (SELECT subject_id AS id, word FROM search_words
      WHERE kind = '${kind}' AND rank >= 20 AND left(word, ${letterCount}) = $2 AND (SELECT so FROM many)
      ORDER BY rank DESC LIMIT ${LARGE}) AS largest WHERE word LIKE $1)`;

/** The newest of whom $3 and $4, the viewer, follows and is followed by. */
const related = (following: number, followers: number): string => `
  related AS MATERIALIZED (
    SELECT id, bool_or(following) AS following, bool_or(NOT following) AS followed_by FROM (
      (SELECT followee_id AS id, true AS following FROM follows
        WHERE shard = $3 AND follower_id = $4 AND accepted AND follows.id > 0 ORDER BY follows.id DESC LIMIT ${following})
      UNION ALL
      (SELECT follower_id, false FROM followers
        WHERE shard = $3 AND followee_id = $4 AND accepted AND followers.id > 0 ORDER BY followers.id DESC LIMIT ${followers})
    ) AS ends GROUP BY id)`;

/** Rows by key, one by one: joined, the planner may rather read a whole table for a few hundred of its rows. */
const byKey = (table: string, id: string): string =>
  `CROSS JOIN LATERAL (SELECT * FROM ${table} WHERE shard = shard_of(${id}) AND id = ${id} LIMIT 1)`;

const relation = (table: string, owner: string, other: string): string =>
  `coalesce((SELECT accepted FROM ${table} WHERE shard = $3 AND ${owner} = $4 AND ${other} = u.id), false)`;

/** Followed first, those who follow back before the others; then those who follow; then the rest. */
const nearness = `CASE WHEN ${relation('follows', 'follower_id', 'followee_id')}
    THEN CASE WHEN ${relation('followers', 'followee_id', 'follower_id')} THEN 0 ELSE 1 END
    ELSE CASE WHEN ${relation('followers', 'followee_id', 'follower_id')} THEN 2 ELSE 3 END END`;

/**
 * $5 the text. Whom the viewer knows comes first in the ranking, so where many names begin so, the newest of them are
 * looked through themselves.
 */
export const foundPeople = (letterCount: number): string => `
  WITH ${candidates('user', letterCount)}, ${related(500, 200)},
  near AS (
    SELECT r.id FROM related r CROSS JOIN LATERAL (
      SELECT 1 FROM search_words WHERE shard = shard_of(r.id) AND subject_id = r.id AND word LIKE $1 LIMIT 1) AS w
    WHERE (SELECT so FROM many)),
  found AS (SELECT id FROM beginning UNION SELECT id FROM large UNION SELECT id FROM near)
  SELECT u.id, u.followers_count AS size, ${nearness} AS near,
    CASE translate(u.username, '._', '  ') WHEN $5 THEN 0 ELSE 1 END AS match
  FROM found ${byKey('users', 'found.id')} AS u
  WHERE u.closed_at IS NULL ORDER BY near, match, size DESC, u.id LIMIT ${EACH}`;

/**
 * $1 the word to liken, $2 the whole text, $3 and $4 the viewer. Among those whom the viewer knows, among the larger, and on
 * an instance that is small enough for it, among all.
 */
export const similarPeople = `
  WITH ${related(200, 100)},
  alike AS (
    SELECT r.id, w.word FROM related r CROSS JOIN LATERAL (
      SELECT word FROM search_words WHERE shard = shard_of(r.id) AND subject_id = r.id AND whole AND $1 <% word LIMIT 1) AS w
    UNION
    (SELECT subject_id, word FROM search_words WHERE kind = 'user' AND whole AND rank >= 20 AND $1 <% word LIMIT ${EACH})
    UNION
    (SELECT subject_id, word FROM search_words WHERE kind = 'user' AND whole AND $1 <% word
      AND (SELECT reltuples < ${SMALL_INSTANCE} FROM pg_class WHERE oid = 'search_words'::regclass) LIMIT ${EACH})),
  best AS (SELECT id, max(word_similarity($2, word)) AS likeness FROM alike GROUP BY id ORDER BY 2 DESC, 1 LIMIT ${EACH})
  SELECT u.id, u.followers_count AS size, ${nearness} AS near, 2 AS match
  FROM best ${byKey('users', 'best.id')} AS u
  WHERE u.closed_at IS NULL ORDER BY near, best.likeness DESC, size DESC, u.id LIMIT 50`;

const terms = { tag: 'tags', place: 'places' } as const;
export type SearchTerm = keyof typeof terms;

/** $3 the text. */
export const foundTerms = (kind: SearchTerm, letterCount: number): string => `
  WITH ${candidates(kind, letterCount)},
  found AS (SELECT id FROM beginning UNION SELECT id FROM large)
  SELECT t.id, t.posts_count AS size, 3 AS near, CASE btrim(search_text(t.name)) WHEN $3 THEN 0 ELSE 1 END AS match
  FROM found ${byKey(terms[kind], 'found.id')} AS t
  WHERE t.posts_count > 0 ORDER BY match, size DESC, t.id LIMIT ${EACH}`;

/** $1 the word to liken, $2 the whole text. */
export const similarTerms = (kind: SearchTerm): string => `
  WITH alike AS (
    SELECT subject_id AS id, word FROM search_words WHERE kind = '${kind}' AND whole AND $1 <% word LIMIT ${EACH}),
  best AS (SELECT id, max(word_similarity($2, word)) AS likeness FROM alike GROUP BY id)
  SELECT t.id, t.posts_count AS size, 3 AS near, 2 AS match
  FROM best ${byKey(terms[kind], 'best.id')} AS t
  WHERE t.posts_count > 0 ORDER BY best.likeness DESC, size DESC, t.id LIMIT 50`;
