-- What people are told of: one row a group ("ada and 12 others liked your photo"), always worked out anew from its causes.
CREATE TABLE notifications (
  shard smallint NOT NULL,
  user_id bigint NOT NULL,
  group_key text NOT NULL,
  id bigint NOT NULL,
  type text NOT NULL,
  post_id bigint,
  comment_id bigint,
  actors bigint[] NOT NULL,
  count integer NOT NULL,
  newest bigint NOT NULL,
  read boolean NOT NULL DEFAULT false,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (shard, user_id, group_key)
);
CREATE INDEX notifications_newest ON notifications (shard, user_id, id DESC) WHERE count > 0;
CREATE INDEX notifications_unread ON notifications (shard, user_id, id) WHERE NOT read;
-- A comment or a post that is gone does not say whom it concerned: its groups are found by what they are about.
CREATE INDEX notifications_of_group ON notifications (group_key);
CREATE INDEX notifications_of_post ON notifications (post_id) WHERE post_id IS NOT NULL;
CREATE INDEX notifications_age ON notifications (created_at);
COMMENT ON TABLE notifications IS 'What a person is told of, one row a group, on the person''s shard; worked out anew from its causes, kept 90 days';
COMMENT ON COLUMN notifications.shard IS 'Logical shard 0-8191 where this row lives: shard_of() of the id that owns it';
COMMENT ON COLUMN notifications.user_id IS 'Who is told';
COMMENT ON COLUMN notifications.group_key IS 'What it is about: type and id, such as like:<post>; stays while the group grows';
COMMENT ON COLUMN notifications.id IS 'Its position, made by next_id: a group that grows gets a new one';
COMMENT ON COLUMN notifications.type IS 'like, comment, reply, mention, comment_like, follow, request or accept';
COMMENT ON COLUMN notifications.post_id IS 'The post that it is about or under; null for what is between people';
COMMENT ON COLUMN notifications.comment_id IS 'The comment to show with it: the newest one, or the one that was liked';
COMMENT ON COLUMN notifications.actors IS 'The newest three who did it, newest first';
COMMENT ON COLUMN notifications.count IS 'How many people did it; 0: all of them took it back, and it may return';
COMMENT ON COLUMN notifications.newest IS 'The newest cause that was ever counted, by its id: a newer one makes the group grow';
COMMENT ON COLUMN notifications.read IS 'Whether its owner has read as far as its position';
COMMENT ON COLUMN notifications.created_at IS 'When it last grew';

CREATE TABLE notification_states (
  shard smallint NOT NULL,
  user_id bigint NOT NULL,
  unread integer NOT NULL DEFAULT 0,
  follows_since bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (shard, user_id)
);
COMMENT ON TABLE notification_states IS 'One row a person who was ever told of something; whoever changes their notifications holds its lock';
COMMENT ON COLUMN notification_states.shard IS 'Logical shard 0-8191 where this row lives: shard_of() of the id that owns it';
COMMENT ON COLUMN notification_states.user_id IS 'Whose notifications they are';
COMMENT ON COLUMN notification_states.unread IS 'How many are unread, so that nobody counts rows';
COMMENT ON COLUMN notification_states.follows_since IS 'The newest follow that was read of: the next group of new followers begins above it';

-- All effects of one kind that wait for one subject are carried out at once.
CREATE INDEX outbox_of_subject ON outbox (shard, subject_id, kind);
CREATE INDEX comment_likes_newest ON comment_likes (shard, comment_id, id DESC) WHERE NOT hidden;
