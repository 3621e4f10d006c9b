-- transaction: none
-- How fast photos are settled and for whom; and which are made anew
CREATE INDEX CONCURRENTLY IF NOT EXISTS photos_settled ON photos (settled_at) WHERE settled_at IS NOT NULL;
CREATE INDEX CONCURRENTLY IF NOT EXISTS photos_made_anew ON photos (shard, id) WHERE next_folder IS NOT NULL;
