-- transaction: none
-- Posts that a person brings along from elsewhere, and how far the import of each zip is.
ALTER TABLE posts ADD COLUMN IF NOT EXISTS taken_at timestamptz;
ALTER TABLE posts ADD COLUMN IF NOT EXISTS listed_as bigint;
COMMENT ON COLUMN posts.taken_at IS 'When an imported post was first shown elsewhere; null for all others. Feeds, tags, places, explore and mentions leave imported ones out';
COMMENT ON COLUMN posts.listed_as IS 'Where an imported post stands among the ids of its author''s posts, by taken_at: negative before 2026; null: by its id';
ALTER TABLE uploads ADD COLUMN IF NOT EXISTS purpose text NOT NULL DEFAULT 'photo';
COMMENT ON COLUMN uploads.purpose IS 'photo, or import: a zip, which is read where its pieces are';
ALTER TABLE transfers ADD COLUMN IF NOT EXISTS upload_id bigint;
ALTER TABLE transfers ADD COLUMN IF NOT EXISTS done integer NOT NULL DEFAULT 0;
ALTER TABLE transfers ADD COLUMN IF NOT EXISTS report jsonb NOT NULL DEFAULT '{"posts": 0, "photos": 0, "leftOut": []}';
ALTER TABLE transfers ADD COLUMN IF NOT EXISTS waiting_for text;
COMMENT ON TABLE transfers IS 'Exports of all that is a person''s, and imports of such; exports'' objects are deleted a week after they were made';
COMMENT ON COLUMN transfers.kind IS 'export or import';
COMMENT ON COLUMN transfers.state IS 'Exports: waiting, running, then ready; imports: queued, importing, then ready; failed when it was given up; ended with the account';
COMMENT ON COLUMN transfers.progress IS 'Per cent: of an export''s present attempt, of an import''s posts';
COMMENT ON COLUMN transfers.upload_id IS 'The zip of an import; null for exports';
COMMENT ON COLUMN transfers.done IS 'Posts of an import that were made or left out, in the order of its zip: the next attempt goes on there';
COMMENT ON COLUMN transfers.report IS 'What an import made, and what it left out: {posts, photos, leftOut: [{code, count, names}]}';
COMMENT ON COLUMN transfers.waiting_for IS 'Why an import waits: quota or disk; null while it does not';
DROP INDEX CONCURRENTLY IF EXISTS transfers_new;
CREATE INDEX CONCURRENTLY transfers_new ON transfers (next_try_at) WHERE state IN ('waiting', 'running', 'queued', 'importing');
DROP INDEX CONCURRENTLY IF EXISTS transfers_unsettled;
ALTER INDEX transfers_new RENAME TO transfers_unsettled;
-- Profiles and archives read by the first, from it alone; feeds by the second.
DROP INDEX CONCURRENTLY IF EXISTS posts_in_profile;
CREATE INDEX CONCURRENTLY posts_in_profile ON posts (shard, author_id, archived, coalesce(listed_as, id) DESC) INCLUDE (state, id, listed_as);
DROP INDEX CONCURRENTLY IF EXISTS posts_new;
CREATE INDEX CONCURRENTLY posts_new ON posts (shard, author_id, archived, id DESC) INCLUDE (state) WHERE taken_at IS NULL;
DROP INDEX CONCURRENTLY IF EXISTS posts_of_author;
ALTER INDEX posts_new RENAME TO posts_of_author;
-- An import leaves out what was posted already, too.
DROP INDEX CONCURRENTLY IF EXISTS photos_new;
CREATE INDEX CONCURRENTLY photos_new ON photos (shard, owner_id, sha256);
DROP INDEX CONCURRENTLY IF EXISTS photos_same_bytes;
ALTER INDEX photos_new RENAME TO photos_same_bytes;
