-- transaction: none
-- People, tags and places are found along the beginnings of the words of their names: one row for each place where a search
-- may begin ("Ada Lovelace" has "ada lovelace" and "lovelace"). The indexes before worked search_text out for each row that
-- they looked at (10 microseconds), knew nothing of how large anybody is, and by two letters of a later word read all places.
CREATE TABLE IF NOT EXISTS search_words (
  shard smallint NOT NULL,
  subject_id bigint NOT NULL,
  word text NOT NULL,
  kind text NOT NULL,
  whole boolean NOT NULL,
  rank smallint NOT NULL,
  PRIMARY KEY (shard, subject_id, word)
);
COMMENT ON TABLE search_words IS 'What people, tags and places are found by: their names from each word on; on their shard';
COMMENT ON COLUMN search_words.shard IS 'Logical shard 0-8191 where this row lives: shard_of() of the id that owns it';
COMMENT ON COLUMN search_words.subject_id IS 'The user, tag or place';
COMMENT ON COLUMN search_words.word IS 'A name from one of its words on, as search_text makes it, without its first space';
COMMENT ON COLUMN search_words.kind IS 'user, tag or place';
COMMENT ON COLUMN search_words.whole IS 'Whether it is a name from its first word on';
COMMENT ON COLUMN search_words.rank IS 'search_rank() of the followers or posts: changes seldom, unlike their number';

CREATE OR REPLACE FUNCTION search_rank(size integer) RETURNS smallint LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT floor(4 * log(2, greatest(size, 0) + 1))::smallint $$;
COMMENT ON FUNCTION search_rank(integer) IS 'Four times the binary logarithm of one more than the size, rounded down: steps of a fifth';

-- What begins another of the same subject's is left out: whoever looks for it finds the longer one.
CREATE OR REPLACE FUNCTION search_words(VARIADIC names text[]) RETURNS TABLE (word text, whole boolean)
  LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    WITH split AS (SELECT string_to_array(btrim(search_text(name)), ' ') AS words FROM unnest(names) AS name),
    starts AS (SELECT left(array_to_string(words[n:], ' '), 100) AS word, bool_or(n = 1) AS whole
      FROM split, generate_series(1, least(cardinality(words), 8)) AS n GROUP BY 1)
    SELECT s.word, s.whole FROM starts s WHERE s.word <> '' AND NOT EXISTS (
      SELECT 1 FROM starts longer WHERE longer.word <> s.word AND starts_with(longer.word, s.word)) $$;
COMMENT ON FUNCTION search_words(text[]) IS 'The rows of search_words that names have';

INSERT INTO search_words (shard, subject_id, word, kind, whole, rank)
  SELECT u.shard, u.id, w.word, 'user', w.whole, search_rank(u.followers_count)
  FROM users u CROSS JOIN LATERAL search_words(u.username, u.display_name) AS w WHERE u.closed_at IS NULL
  ON CONFLICT DO NOTHING;
INSERT INTO search_words (shard, subject_id, word, kind, whole, rank)
  SELECT t.shard, t.id, w.word, 'tag', w.whole, search_rank(t.posts_count)
  FROM tags t CROSS JOIN LATERAL search_words(t.name) AS w
  ON CONFLICT DO NOTHING;
INSERT INTO search_words (shard, subject_id, word, kind, whole, rank)
  SELECT p.shard, p.id, w.word, 'place', w.whole, search_rank(p.posts_count)
  FROM places p CROSS JOIN LATERAL search_words(p.name) AS w
  ON CONFLICT DO NOTHING;

CREATE INDEX CONCURRENTLY IF NOT EXISTS search_words_beginning ON search_words (kind, word text_pattern_ops) INCLUDE (subject_id);
-- The largest of those whose names begin so, largest first. Only what has 31 followers or posts is in these: of the others
-- any are as good, and they are ten times as many.
CREATE INDEX CONCURRENTLY IF NOT EXISTS search_words_large_1 ON search_words (kind, left(word, 1), rank DESC) INCLUDE (subject_id, word) WHERE rank >= 20;
CREATE INDEX CONCURRENTLY IF NOT EXISTS search_words_large_2 ON search_words (kind, left(word, 2), rank DESC) INCLUDE (subject_id, word) WHERE rank >= 20;
CREATE INDEX CONCURRENTLY IF NOT EXISTS search_words_large_3 ON search_words (kind, left(word, 3), rank DESC) INCLUDE (subject_id, word) WHERE rank >= 20;
CREATE INDEX CONCURRENTLY IF NOT EXISTS search_words_large_5 ON search_words (kind, left(word, 5), rank DESC) INCLUDE (subject_id, word) WHERE rank >= 20;
CREATE INDEX CONCURRENTLY IF NOT EXISTS search_words_large_8 ON search_words (kind, left(word, 8), rank DESC) INCLUDE (subject_id, word) WHERE rank >= 20;
-- Likenesses. One index a kind: trigrams of names of people say nothing of tags.
CREATE INDEX CONCURRENTLY IF NOT EXISTS search_words_alike_large ON search_words USING gin (word public.gin_trgm_ops) WHERE kind = 'user' AND whole AND rank >= 20;
CREATE INDEX CONCURRENTLY IF NOT EXISTS search_words_alike_user ON search_words USING gin (word public.gin_trgm_ops) WHERE kind = 'user' AND whole;
CREATE INDEX CONCURRENTLY IF NOT EXISTS search_words_alike_tag ON search_words USING gin (word public.gin_trgm_ops) WHERE kind = 'tag' AND whole;
CREATE INDEX CONCURRENTLY IF NOT EXISTS search_words_alike_place ON search_words USING gin (word public.gin_trgm_ops) WHERE kind = 'place' AND whole;

DROP INDEX CONCURRENTLY IF EXISTS users_search_name;
DROP INDEX CONCURRENTLY IF EXISTS users_search_words;
DROP INDEX CONCURRENTLY IF EXISTS users_search_large;
DROP INDEX CONCURRENTLY IF EXISTS users_search_first_word;
DROP INDEX CONCURRENTLY IF EXISTS users_search_last_name;
DROP INDEX CONCURRENTLY IF EXISTS users_search_last_word;
DROP INDEX CONCURRENTLY IF EXISTS tags_search_name;
DROP INDEX CONCURRENTLY IF EXISTS tags_search_words;
DROP INDEX CONCURRENTLY IF EXISTS tags_search_popular;
DROP INDEX CONCURRENTLY IF EXISTS places_search_name;
DROP INDEX CONCURRENTLY IF EXISTS places_search_words;
DROP INDEX CONCURRENTLY IF EXISTS places_search_popular;
