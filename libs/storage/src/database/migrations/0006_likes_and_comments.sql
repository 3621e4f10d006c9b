-- Likes are written at both ends; the liker's row decides. Comments live with their post.
CREATE TABLE likes (
  shard smallint NOT NULL,
  user_id bigint NOT NULL,
  post_id bigint NOT NULL,
  id bigint NOT NULL,
  PRIMARY KEY (shard, user_id, post_id)
);
CREATE INDEX likes_newest ON likes (shard, user_id, id DESC);
COMMENT ON TABLE likes IS 'What a person likes, on the liker''s shard; this end decides';
COMMENT ON COLUMN likes.shard IS 'Logical shard 0-8191 where this row lives: shard_of() of the id that owns it';
COMMENT ON COLUMN likes.user_id IS 'Who likes';
COMMENT ON COLUMN likes.post_id IS 'What is liked';
COMMENT ON COLUMN likes.id IS 'Orders a person''s likes';

CREATE TABLE post_likes (
  shard smallint NOT NULL,
  post_id bigint NOT NULL,
  user_id bigint NOT NULL,
  id bigint NOT NULL,
  hidden boolean NOT NULL DEFAULT false,
  PRIMARY KEY (shard, post_id, user_id)
);
CREATE INDEX post_likes_newest ON post_likes (shard, post_id, id DESC) WHERE NOT hidden;
COMMENT ON TABLE post_likes IS 'The other end of likes, on the post''s shard: who likes a post';
COMMENT ON COLUMN post_likes.shard IS 'Logical shard 0-8191 where this row lives: shard_of() of the id that owns it';
COMMENT ON COLUMN post_likes.post_id IS 'What is liked';
COMMENT ON COLUMN post_likes.user_id IS 'Who likes';
COMMENT ON COLUMN post_likes.id IS 'Orders a post''s likes';
COMMENT ON COLUMN post_likes.hidden IS 'Hidden by a block; neither counted nor listed';

CREATE TABLE saves (
  shard smallint NOT NULL,
  user_id bigint NOT NULL,
  post_id bigint NOT NULL,
  id bigint NOT NULL,
  PRIMARY KEY (shard, user_id, post_id)
);
CREATE INDEX saves_newest ON saves (shard, user_id, id DESC);
COMMENT ON TABLE saves IS 'What a person saved for themselves, on their shard; never shown to others or counted';
COMMENT ON COLUMN saves.shard IS 'Logical shard 0-8191 where this row lives: shard_of() of the id that owns it';
COMMENT ON COLUMN saves.user_id IS 'Who saved';
COMMENT ON COLUMN saves.post_id IS 'What is saved';
COMMENT ON COLUMN saves.id IS 'Orders the list of saved posts';

CREATE TABLE comments (
  shard smallint NOT NULL,
  id bigint NOT NULL,
  post_id bigint NOT NULL,
  author_id bigint NOT NULL,
  reply_to bigint,
  text text NOT NULL,
  entities jsonb NOT NULL DEFAULT '[]',
  hidden boolean NOT NULL DEFAULT false,
  deleted boolean NOT NULL DEFAULT false,
  likes_count integer NOT NULL DEFAULT 0,
  replies_count integer NOT NULL DEFAULT 0,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (shard, id)
);
CREATE INDEX comments_of_post ON comments (shard, post_id, id);
CREATE INDEX comments_replies ON comments (shard, reply_to, id) WHERE reply_to IS NOT NULL;
COMMENT ON TABLE comments IS 'Comments, one level of replies; on their post''s shard';
COMMENT ON COLUMN comments.shard IS 'Logical shard 0-8191 where this row lives: shard_of() of the id that owns it';
COMMENT ON COLUMN comments.id IS 'Made by next_id on the post''s shard; oldest first is by id';
COMMENT ON COLUMN comments.post_id IS 'The post under which it stands';
COMMENT ON COLUMN comments.author_id IS 'Who wrote it';
COMMENT ON COLUMN comments.reply_to IS 'The comment that it answers, which is no reply itself';
COMMENT ON COLUMN comments.text IS 'As typed, NFC; emptied when deleted';
COMMENT ON COLUMN comments.entities IS 'Mentions, tags and links as UTF-16 ranges of the text';
COMMENT ON COLUMN comments.hidden IS 'Hidden by a block; neither counted nor listed';
COMMENT ON COLUMN comments.deleted IS 'Deleted with replies: stays as an empty place; not counted';
COMMENT ON COLUMN comments.likes_count IS 'Likes not hidden; folded from count_deltas';
COMMENT ON COLUMN comments.replies_count IS 'Replies neither hidden nor deleted; folded from count_deltas';
COMMENT ON COLUMN comments.created_at IS 'When it was written';

CREATE TABLE comment_likes (
  shard smallint NOT NULL,
  comment_id bigint NOT NULL,
  user_id bigint NOT NULL,
  id bigint NOT NULL,
  hidden boolean NOT NULL DEFAULT false,
  PRIMARY KEY (shard, comment_id, user_id)
);
COMMENT ON TABLE comment_likes IS 'Who likes a comment; on the comment''s shard';
COMMENT ON COLUMN comment_likes.shard IS 'Logical shard 0-8191 where this row lives: shard_of() of the id that owns it';
COMMENT ON COLUMN comment_likes.comment_id IS 'What is liked';
COMMENT ON COLUMN comment_likes.user_id IS 'Who likes';
COMMENT ON COLUMN comment_likes.id IS 'Orders a comment''s likes';
COMMENT ON COLUMN comment_likes.hidden IS 'Hidden by a block; not counted';
