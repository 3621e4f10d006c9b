-- transaction: none
-- Lists are read along indexes that hold all that a page of entries needs, in its order. Measured at a million people: of
-- a popular post or a large author the planner knows only what the average one has (a few rows), for which fetching all by
-- a bitmap and sorting them looks as cheap as an ordered index, and it then read 88,000 likes to send 21. An index that
-- alone answers is cheaper by any estimate. What a list leaves out (requests, hidden, archived) is a key before the order,
-- so that 20,000 requests are not read on the way to 20 followers. `WHERE id > 0` is true of every row: it keeps them to
-- the lists, which say the same. Whoever asks whether one person follows another would otherwise be sent along them by
-- the same wrong guess, through all that the one follows, instead of to one row by its key. Each takes its old name when
-- the old one is gone.
CREATE INDEX CONCURRENTLY IF NOT EXISTS follows_new ON follows (shard, follower_id, accepted, id DESC) INCLUDE (followee_id) WHERE id > 0;
DROP INDEX CONCURRENTLY IF EXISTS follows_newest;
ALTER INDEX follows_new RENAME TO follows_newest;

CREATE INDEX CONCURRENTLY IF NOT EXISTS followers_new ON followers (shard, followee_id, accepted, id DESC) INCLUDE (follower_id) WHERE id > 0;
DROP INDEX CONCURRENTLY IF EXISTS followers_newest;
ALTER INDEX followers_new RENAME TO followers_newest;
DROP INDEX CONCURRENTLY IF EXISTS followers_requests;

CREATE INDEX CONCURRENTLY IF NOT EXISTS post_likes_new ON post_likes (shard, post_id, id DESC) INCLUDE (user_id) WHERE NOT hidden;
DROP INDEX CONCURRENTLY IF EXISTS post_likes_newest;
ALTER INDEX post_likes_new RENAME TO post_likes_newest;

CREATE INDEX CONCURRENTLY IF NOT EXISTS likes_new ON likes (shard, user_id, id DESC) INCLUDE (post_id) WHERE id > 0;
DROP INDEX CONCURRENTLY IF EXISTS likes_newest;
ALTER INDEX likes_new RENAME TO likes_newest;

CREATE INDEX CONCURRENTLY IF NOT EXISTS saves_new ON saves (shard, user_id, id DESC) INCLUDE (post_id) WHERE id > 0;
DROP INDEX CONCURRENTLY IF EXISTS saves_newest;
ALTER INDEX saves_new RENAME TO saves_newest;

CREATE INDEX CONCURRENTLY IF NOT EXISTS collection_posts_new ON collection_posts (shard, collection_id, id DESC) INCLUDE (post_id) WHERE id > 0;
DROP INDEX CONCURRENTLY IF EXISTS collection_posts_newest;
ALTER INDEX collection_posts_new RENAME TO collection_posts_newest;

CREATE INDEX CONCURRENTLY IF NOT EXISTS blocks_new ON blocks (shard, blocker_id, id DESC) INCLUDE (blocked_id) WHERE id > 0;
DROP INDEX CONCURRENTLY IF EXISTS blocks_newest;
ALTER INDEX blocks_new RENAME TO blocks_newest;

CREATE INDEX CONCURRENTLY IF NOT EXISTS mutes_new ON mutes (shard, muter_id, id DESC) INCLUDE (muted_id) WHERE id > 0;
DROP INDEX CONCURRENTLY IF EXISTS mutes_newest;
ALTER INDEX mutes_new RENAME TO mutes_newest;

CREATE INDEX CONCURRENTLY IF NOT EXISTS suggestions_new ON suggestions (shard, user_id, id DESC) INCLUDE (suggested_id) WHERE id > 0;
DROP INDEX CONCURRENTLY IF EXISTS suggestions_best;
ALTER INDEX suggestions_new RENAME TO suggestions_best;

CREATE INDEX CONCURRENTLY IF NOT EXISTS comments_new ON comments (shard, post_id, hidden, id);
DROP INDEX CONCURRENTLY IF EXISTS comments_of_post;
ALTER INDEX comments_new RENAME TO comments_of_post;

-- Feeds read by it, too: of each author a few ids, for which no row of posts is fetched any more.
CREATE INDEX CONCURRENTLY IF NOT EXISTS posts_new ON posts (shard, author_id, archived, id DESC) INCLUDE (state);
DROP INDEX CONCURRENTLY IF EXISTS posts_of_author;
ALTER INDEX posts_new RENAME TO posts_of_author;
DROP INDEX CONCURRENTLY IF EXISTS posts_archived;
