-- transaction: none
-- Strangers' lists of a tag or place are read from what strangers may see: a page that was short or empty, because what it held was
-- left out, told that somebody private had used the tag.
DROP INDEX CONCURRENTLY IF EXISTS post_tags_public;
CREATE INDEX CONCURRENTLY post_tags_public ON post_tags (shard, tag_id, post_id) WHERE counted;
DROP INDEX CONCURRENTLY IF EXISTS post_places_public;
CREATE INDEX CONCURRENTLY post_places_public ON post_places (shard, place_id, post_id) WHERE counted;
