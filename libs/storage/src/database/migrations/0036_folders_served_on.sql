-- transaction: none
-- Folders that a redevelopment replaced are served until the URLs that were given out for them expire.
ALTER TABLE trash ADD COLUMN IF NOT EXISTS photo_id bigint;
COMMENT ON COLUMN trash.photo_id IS 'The photo that this folder was of and that has another now: served until trashed_on; null once its objects are trashed';
DROP INDEX CONCURRENTLY IF EXISTS trash_served;
CREATE INDEX CONCURRENTLY trash_served ON trash (shard, photo_id) WHERE photo_id IS NOT NULL;
