-- transaction: none
-- Closing an account deletes the mutes of others that name it, wherever they live.
DROP INDEX CONCURRENTLY IF EXISTS mutes_muted;
CREATE INDEX CONCURRENTLY mutes_muted ON mutes (muted_id);
