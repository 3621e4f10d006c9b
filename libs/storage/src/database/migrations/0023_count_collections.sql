-- A list of collections shows how many posts each holds; counting them read 5,000 index entries to send 21 rows.
ALTER TABLE collections ADD COLUMN posts_count integer NOT NULL DEFAULT 0;
COMMENT ON COLUMN collections.posts_count IS 'Rows of collection_posts; changed in the same statement';
UPDATE collections c SET posts_count = held.posts
  FROM (SELECT shard, collection_id, count(*)::int AS posts FROM collection_posts GROUP BY 1, 2) AS held
  WHERE c.shard = held.shard AND c.id = held.collection_id;
