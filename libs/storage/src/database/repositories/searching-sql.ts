/** How many matches are read alphabetically; fewer means there are no more. */
const EACH = 200;
/** How many of the largest with the same first letters are compared with the rest of the text. */
const LARGE = 400;
/** Above this many words, only larger people are searched for similar names: a trigram costs by how many names have it. */
const SMALL_INSTANCE = 500_000;

/** The prefix lengths of the indexes of the largest; the longest that the text fills is used. */
const letters = [8, 5, 3, 2, 1];

export const lettersOf = (text: string): number => letters.find((count) => count <= [...text].length) ?? 1;

/**
 * $1 is a pattern for the beginnings of words, $2 the text's first letters. Reads alphabetically first; only if that
 * reaches its limit, the largest as well. Reads indexes only.
 */
const candidates = (kind: string, letterCount: number): string => `
  beginning AS MATERIALIZED (
    SELECT subject_id AS id, rank FROM search_words WHERE kind = '${kind}' AND word LIKE $1
    ORDER BY word USING ~<~ LIMIT ${EACH}),
  many AS MATERIALIZED (SELECT count(*) = ${EACH} AS so FROM beginning),
  large AS MATERIALIZED (
    SELECT id, rank FROM (SELECT subject_id AS id, word, rank FROM search_words
      WHERE kind = '${kind}' AND rank >= 20 AND left(word, ${letterCount}) = $2 AND (SELECT so FROM many)
      ORDER BY rank DESC LIMIT ${LARGE}) AS largest WHERE word LIKE $1)`;

/** All people whom the viewer ($3 and $4) follows (7,500 at most), and the viewer's newest followers; ids only. */
const related = `
  follows_of AS MATERIALIZED (
    SELECT followee_id AS id, id AS since FROM follows
    WHERE shard = $3 AND follower_id = $4 AND accepted AND id > 0 ORDER BY follows.id DESC LIMIT 7500),
  followers_of AS MATERIALIZED (
    SELECT follower_id AS id, id AS since FROM followers
    WHERE shard = $3 AND followee_id = $4 AND accepted AND id > 0 ORDER BY followers.id DESC LIMIT 1000)`;

/** The newest of them, whose names are searched. */
const newest = '(SELECT id FROM follows_of LIMIT 200) UNION (SELECT id FROM followers_of LIMIT 100)';

/** Reads rows by key, one by one: for a join, the planner may read a whole table for a few hundred of its rows. */
const byKey = (table: string, id: string): string =>
  `CROSS JOIN LATERAL (SELECT * FROM ${table} WHERE shard = shard_of(${id}) AND id = ${id} LIMIT 1)`;

/**
 * The entries of `list` (id, rank) nearest to the viewer: followed people, mutual ones first; then followers; then the
 * rest. All ends are put together and grouped by id, which costs the same whatever the planner estimates.
 */
const nearest = (list: string): string => `
  ends AS (
    SELECT id, rank, true AS listed, false AS following, false AS followed_by FROM ${list}
    UNION ALL SELECT id, 0, false, true, false FROM follows_of
    UNION ALL SELECT id, 0, false, false, true FROM followers_of),
  nearest AS MATERIALIZED (
    SELECT id, max(rank) AS rank, CASE WHEN bool_or(following) THEN CASE WHEN bool_or(followed_by) THEN 0 ELSE 1 END
      ELSE CASE WHEN bool_or(followed_by) THEN 2 ELSE 3 END END AS near
    FROM ends GROUP BY id HAVING bool_or(listed) ORDER BY near, rank DESC, id LIMIT ${EACH})`;

/** $5 is the text. When many names match, the people whom the viewer knows are searched separately. */
export const foundPeople = (letterCount: number): string => `
  WITH ${candidates('user', letterCount)}, ${related},
  known AS (
    SELECT n.id, w.rank FROM (${newest}) AS n CROSS JOIN LATERAL (
      SELECT rank FROM search_words WHERE shard = shard_of(n.id) AND subject_id = n.id AND word LIKE $1 LIMIT 1) AS w
    WHERE (SELECT so FROM many)),
  exact AS (SELECT user_id AS id, 32767 AS rank FROM usernames WHERE username = replace($5, ' ', '.') OR username = replace($5, ' ', '_')),
  found AS (SELECT * FROM beginning UNION ALL SELECT * FROM large UNION ALL SELECT * FROM known UNION ALL SELECT * FROM exact),
  ${nearest('found')}
  SELECT u.id, u.followers_count AS size, n.near,
    CASE translate(u.username, '._', '  ') WHEN $5 THEN 0 ELSE 1 END AS match
  FROM nearest n ${byKey('users', 'n.id')} AS u
  WHERE u.closed_at IS NULL AND u.role <> 'synthetic' ORDER BY n.near, match, size DESC, u.id`;

/**
 * $1 is the word to compare, $2 the whole text, $3 and $4 the viewer. Searches the people whom the viewer knows, the
 * larger ones, and on a small enough instance all.
 */
export const similarPeople = `
  WITH ${related},
  alike AS (
    SELECT n.id, w.word FROM (${newest}) AS n CROSS JOIN LATERAL (
      SELECT word FROM search_words WHERE shard = shard_of(n.id) AND subject_id = n.id AND whole AND $1 <% word LIMIT 1) AS w
    UNION
    (SELECT subject_id, word FROM search_words WHERE kind = 'user' AND whole AND rank >= 20 AND $1 <% word LIMIT ${EACH})
    UNION
    (SELECT subject_id, word FROM search_words WHERE kind = 'user' AND whole AND $1 <% word
      AND (SELECT reltuples < ${SMALL_INSTANCE} FROM pg_class WHERE oid = 'search_words'::regclass) LIMIT ${EACH})),
  likest AS (
    SELECT id, (max(word_similarity($2, word)) * 1000)::int AS rank FROM alike GROUP BY id ORDER BY 2 DESC, 1 LIMIT ${EACH}),
  ${nearest('likest')}
  SELECT u.id, u.followers_count AS size, n.near, 2 AS match
  FROM nearest n ${byKey('users', 'n.id')} AS u
  WHERE u.closed_at IS NULL ORDER BY n.near, n.rank DESC, size DESC, u.id LIMIT 50`;

const terms = { tag: 'tags', place: 'places' } as const;
export type SearchTerm = keyof typeof terms;

/** $3 is the text. Reads twice as many rows of terms as it returns: some have no public post left. */
export const foundTerms = (kind: SearchTerm, letterCount: number): string => `
  WITH ${candidates(kind, letterCount)},
  found AS (
    SELECT id, max(rank) AS rank FROM (SELECT * FROM beginning UNION ALL SELECT * FROM large) AS ends
    GROUP BY id ORDER BY 2 DESC, 1 LIMIT ${EACH + EACH})
  SELECT t.id, t.posts_count AS size, 3 AS near, CASE btrim(search_text(t.name)) WHEN $3 THEN 0 ELSE 1 END AS match
  FROM found ${byKey(terms[kind], 'found.id')} AS t
  WHERE t.posts_count > 0 ORDER BY match, size DESC, t.id LIMIT ${EACH}`;

/** $1 is the word to compare, $2 the whole text. */
export const similarTerms = (kind: SearchTerm): string => `
  WITH alike AS (
    SELECT subject_id AS id, word FROM search_words WHERE kind = '${kind}' AND whole AND $1 <% word LIMIT ${EACH}),
  best AS (SELECT id, max(word_similarity($2, word)) AS likeness FROM alike GROUP BY id)
  SELECT t.id, t.posts_count AS size, 3 AS near, 2 AS match
  FROM best ${byKey(terms[kind], 'best.id')} AS t
  WHERE t.posts_count > 0 ORDER BY best.likeness DESC, size DESC, t.id LIMIT 50`;
