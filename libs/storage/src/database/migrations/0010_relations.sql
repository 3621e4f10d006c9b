-- An effect may name two things: a block is between two people.
ALTER TABLE outbox ADD COLUMN object_id bigint;
COMMENT ON COLUMN outbox.object_id IS 'The other one, for kinds that are about two things; null for the rest';

-- Follow requests of a person, newest first.
CREATE INDEX followers_requests ON followers (shard, followee_id, id DESC) WHERE NOT accepted;

CREATE INDEX blocks_newest ON blocks (shard, blocker_id, id DESC);
CREATE INDEX mutes_newest ON mutes (shard, muter_id, id DESC);
CREATE INDEX posts_archived ON posts (shard, author_id, id DESC) WHERE archived;

CREATE TABLE collections (
  shard smallint NOT NULL,
  id bigint NOT NULL,
  user_id bigint NOT NULL,
  name text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (shard, id)
);
CREATE INDEX collections_of_user ON collections (shard, user_id, id DESC);
COMMENT ON TABLE collections IS 'Named collections of saved posts, seen by their owner alone';
COMMENT ON COLUMN collections.shard IS 'Logical shard 0-8191 where this row lives: shard_of() of the id that owns it';
COMMENT ON COLUMN collections.id IS 'Made by next_id on the owner''s shard';
COMMENT ON COLUMN collections.user_id IS 'Whose it is';
COMMENT ON COLUMN collections.name IS 'As its owner wrote it';
COMMENT ON COLUMN collections.created_at IS 'When it was made';

CREATE TABLE collection_posts (
  shard smallint NOT NULL,
  collection_id bigint NOT NULL,
  post_id bigint NOT NULL,
  id bigint NOT NULL,
  PRIMARY KEY (shard, collection_id, post_id)
);
CREATE INDEX collection_posts_newest ON collection_posts (shard, collection_id, id DESC);
COMMENT ON TABLE collection_posts IS 'Which saved posts a collection holds';
COMMENT ON COLUMN collection_posts.shard IS 'Logical shard 0-8191 where this row lives: shard_of() of the id that owns it';
COMMENT ON COLUMN collection_posts.collection_id IS 'The collection';
COMMENT ON COLUMN collection_posts.post_id IS 'A post that its owner saved';
COMMENT ON COLUMN collection_posts.id IS 'Orders the collection, newest first';
