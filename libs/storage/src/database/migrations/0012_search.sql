-- transaction: none
-- Search: prefixes along b-trees, words and slips of the finger along trigrams.
CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA public;
CREATE EXTENSION IF NOT EXISTS unaccent WITH SCHEMA public;

-- What is compared in a search, for texts and queries alike: no case, width, accents or signs between words, and a space in
-- front of every word, the first too, so that '% lov%' finds words that begin so. unaccent is only STABLE, since somebody
-- could change its rules; then these indexes would have to be made again. In plpgsql, for the planner inlines SQL functions
-- and then thinks that they cost nothing. Most names are ASCII, and are done in a fifth of the time.
CREATE OR REPLACE FUNCTION search_text(value text) RETURNS text
  LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 300 AS $$ BEGIN
    RETURN ' ' || btrim(regexp_replace(lower(
      CASE WHEN octet_length(value) = length(value) THEN value
      ELSE public.unaccent('public.unaccent'::regdictionary,
        regexp_replace(normalize(value, NFKD), '[\u0300-\u036f]', '', 'g')) END), '[\s._-]+', ' ', 'g')) ; END $$;
COMMENT ON FUNCTION search_text(text) IS 'A text as search compares it: without case, width, accents and signs';

CREATE INDEX CONCURRENTLY IF NOT EXISTS users_search_name ON users (search_text(username) text_pattern_ops)
  WHERE closed_at IS NULL;
CREATE INDEX CONCURRENTLY IF NOT EXISTS users_search_words ON users
  USING gin (search_text(username || ' ' || display_name) public.gin_trgm_ops) WHERE closed_at IS NULL;
-- Large authors are found whatever else begins so. (An index by followers_count would end HOT updates of every count.)
CREATE INDEX CONCURRENTLY IF NOT EXISTS users_search_large ON users
  USING gin (search_text(username || ' ' || display_name) public.gin_trgm_ops) WHERE closed_at IS NULL AND audience > 0;

CREATE INDEX CONCURRENTLY IF NOT EXISTS tags_search_name ON tags (search_text(name) text_pattern_ops);
CREATE INDEX CONCURRENTLY IF NOT EXISTS tags_search_words ON tags USING gin (search_text(name) public.gin_trgm_ops);
CREATE INDEX CONCURRENTLY IF NOT EXISTS tags_search_popular ON tags (left(search_text(name), 3), posts_count DESC);

CREATE INDEX CONCURRENTLY IF NOT EXISTS places_search_name ON places (search_text(name) text_pattern_ops);
CREATE INDEX CONCURRENTLY IF NOT EXISTS places_search_words ON places USING gin (search_text(name) public.gin_trgm_ops);
CREATE INDEX CONCURRENTLY IF NOT EXISTS places_search_popular ON places (left(search_text(name), 3), posts_count DESC);
