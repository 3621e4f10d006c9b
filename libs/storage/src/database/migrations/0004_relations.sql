-- Relations: each is written at both ends; the first table of each pair decides
CREATE TABLE follows (
  shard smallint NOT NULL,
  follower_id bigint NOT NULL,
  followee_id bigint NOT NULL,
  id bigint NOT NULL,
  accepted boolean NOT NULL DEFAULT true,
  PRIMARY KEY (shard, follower_id, followee_id)
);
CREATE INDEX follows_newest ON follows (shard, follower_id, id DESC);
COMMENT ON TABLE follows IS 'Whom a person follows or asked to follow, on the follower''s shard; this end decides';
COMMENT ON COLUMN follows.shard IS 'Logical shard 0-8191 where this row lives: shard_of() of the id that owns it';
COMMENT ON COLUMN follows.follower_id IS 'Who follows';
COMMENT ON COLUMN follows.followee_id IS 'Who is followed';
COMMENT ON COLUMN follows.id IS 'Orders the list of followees';
COMMENT ON COLUMN follows.accepted IS 'False while a private account has not answered the request';

CREATE TABLE followers (
  shard smallint NOT NULL,
  followee_id bigint NOT NULL,
  follower_id bigint NOT NULL,
  id bigint NOT NULL,
  accepted boolean NOT NULL DEFAULT true,
  PRIMARY KEY (shard, followee_id, follower_id)
);
CREATE INDEX followers_newest ON followers (shard, followee_id, id DESC);
COMMENT ON TABLE followers IS 'The other end of follows, on the followee''s shard: what a fan-out pages through';
COMMENT ON COLUMN followers.shard IS 'Logical shard 0-8191 where this row lives: shard_of() of the id that owns it';
COMMENT ON COLUMN followers.followee_id IS 'Who is followed';
COMMENT ON COLUMN followers.follower_id IS 'Who follows; fan-out pages by this key';
COMMENT ON COLUMN followers.id IS 'Orders the list of followers';
COMMENT ON COLUMN followers.accepted IS 'As in follows, changed in the same transaction';

CREATE TABLE blocks (
  shard smallint NOT NULL,
  blocker_id bigint NOT NULL,
  blocked_id bigint NOT NULL,
  id bigint NOT NULL,
  PRIMARY KEY (shard, blocker_id, blocked_id)
);
COMMENT ON TABLE blocks IS 'Whom a person blocks, on the blocker''s shard; this end decides';
COMMENT ON COLUMN blocks.shard IS 'Logical shard 0-8191 where this row lives: shard_of() of the id that owns it';
COMMENT ON COLUMN blocks.blocker_id IS 'Who blocks';
COMMENT ON COLUMN blocks.blocked_id IS 'Who is blocked';
COMMENT ON COLUMN blocks.id IS 'Orders the list of blocks';

CREATE TABLE blocked_by (
  shard smallint NOT NULL,
  blocked_id bigint NOT NULL,
  blocker_id bigint NOT NULL,
  id bigint NOT NULL,
  PRIMARY KEY (shard, blocked_id, blocker_id)
);
COMMENT ON TABLE blocked_by IS 'The other end of blocks, on the blocked person''s shard: asked at every read of theirs';
COMMENT ON COLUMN blocked_by.shard IS 'Logical shard 0-8191 where this row lives: shard_of() of the id that owns it';
COMMENT ON COLUMN blocked_by.blocked_id IS 'Who is blocked';
COMMENT ON COLUMN blocked_by.blocker_id IS 'Who blocks';
COMMENT ON COLUMN blocked_by.id IS 'The same as in blocks';

CREATE TABLE mutes (
  shard smallint NOT NULL,
  muter_id bigint NOT NULL,
  muted_id bigint NOT NULL,
  id bigint NOT NULL,
  PRIMARY KEY (shard, muter_id, muted_id)
);
COMMENT ON TABLE mutes IS 'Whose posts a person does not want to see; on the muter''s shard, unknown to the muted';
COMMENT ON COLUMN mutes.shard IS 'Logical shard 0-8191 where this row lives: shard_of() of the id that owns it';
COMMENT ON COLUMN mutes.muter_id IS 'Who mutes';
COMMENT ON COLUMN mutes.muted_id IS 'Who is muted';
COMMENT ON COLUMN mutes.id IS 'Orders the list of mutes';
