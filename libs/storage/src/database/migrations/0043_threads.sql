-- transaction: none
-- Replies to replies. Rows of before need no change: each of them answers the root of its thread. While a process of the release
-- before still runs, it leaves a root's count one too high for each reply to a reply that it deletes or hides.
ALTER TABLE comments ADD COLUMN IF NOT EXISTS root_id bigint;
COMMENT ON TABLE comments IS 'Comments, in threads below a root; on their post''s shard';
COMMENT ON COLUMN comments.reply_to IS 'The comment that it answers';
COMMENT ON COLUMN comments.root_id IS 'The root of its thread, where it answers a reply; null for roots and for replies to them';
COMMENT ON COLUMN comments.replies_count IS 'Replies neither hidden nor deleted, of a root all in its thread; folded from count_deltas';
-- Each answers its list alone, as 0022 explains; the columns of an expression have to be in the index for that.
DROP INDEX CONCURRENTLY IF EXISTS comments_of_thread;
CREATE INDEX CONCURRENTLY comments_of_thread ON comments (shard, coalesce(root_id, reply_to), hidden, id)
  INCLUDE (root_id, reply_to) WHERE reply_to IS NOT NULL;
DROP INDEX CONCURRENTLY IF EXISTS comments_roots;
CREATE INDEX CONCURRENTLY comments_roots ON comments (shard, post_id, hidden, id) WHERE reply_to IS NULL;
DROP INDEX CONCURRENTLY IF EXISTS comments_best;
CREATE INDEX CONCURRENTLY comments_best ON comments (shard, post_id, hidden, likes_count, id) WHERE reply_to IS NULL;
