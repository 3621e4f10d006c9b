-- People
CREATE TABLE users (
  shard smallint NOT NULL,
  id bigint NOT NULL,
  username text NOT NULL,
  display_name text NOT NULL DEFAULT '',
  bio text NOT NULL DEFAULT '',
  website text,
  email text NOT NULL,
  password_hash text NOT NULL,
  private boolean NOT NULL DEFAULT false,
  role text NOT NULL DEFAULT 'person',
  avatar_folder text,
  avatar_photo_id bigint,
  posts_count integer NOT NULL DEFAULT 0,
  followers_count integer NOT NULL DEFAULT 0,
  following_count integer NOT NULL DEFAULT 0,
  version integer NOT NULL DEFAULT 1,
  audience smallint NOT NULL DEFAULT 0,
  newest_unfanned_post_id bigint NOT NULL DEFAULT 0,
  created_at timestamptz NOT NULL DEFAULT now(),
  closed_at timestamptz,
  PRIMARY KEY (shard, id)
);
COMMENT ON TABLE users IS 'People; on the shard drawn at random when they signed up';
COMMENT ON COLUMN users.shard IS 'Logical shard 0-8191 where this row lives: shard_of() of the id that owns it';
COMMENT ON COLUMN users.id IS 'Made by next_id; names this person in the whole system';
COMMENT ON COLUMN users.username IS 'Folded to lower case; unique through usernames';
COMMENT ON COLUMN users.display_name IS 'As typed, NFC; empty when none was given';
COMMENT ON COLUMN users.bio IS 'As typed, NFC';
COMMENT ON COLUMN users.website IS 'Absolute http(s) URL';
COMMENT ON COLUMN users.email IS 'As typed; unique in its folded form through emails; never logged';
COMMENT ON COLUMN users.password_hash IS 'argon2id in PHC form, parameters included';
COMMENT ON COLUMN users.private IS 'Posts are seen by accepted followers only';
COMMENT ON COLUMN users.role IS 'person or admin; admins are made on the command line';
COMMENT ON COLUMN users.avatar_folder IS 'Object key prefix of the avatar renditions; null shows none';
COMMENT ON COLUMN users.avatar_photo_id IS 'The photo that the avatar was made from; it may be gone';
COMMENT ON COLUMN users.posts_count IS 'Published posts; folded from count_deltas';
COMMENT ON COLUMN users.followers_count IS 'Accepted followers; folded from count_deltas';
COMMENT ON COLUMN users.following_count IS 'Accepted followees; folded from count_deltas';
COMMENT ON COLUMN users.version IS 'Grows with each change that cached pages show; part of their key';
COMMENT ON COLUMN users.audience IS '0: posts are fanned out; 1: large author, merged at read';
COMMENT ON COLUMN users.newest_unfanned_post_id IS 'Newest post that was not fanned out; readers merge this author while it lies in their window; 0 for none';
COMMENT ON COLUMN users.created_at IS 'When the account was made';
COMMENT ON COLUMN users.closed_at IS 'When its owner closed it; hidden from then on, erased in batches';

CREATE TABLE usernames (
  username text PRIMARY KEY,
  user_id bigint NOT NULL
);
COMMENT ON TABLE usernames IS 'Each username once in the system; row exists from sign-up to erasure';
COMMENT ON COLUMN usernames.username IS 'Folded to lower case: [a-z0-9_] with inner dots, 1-30';
COMMENT ON COLUMN usernames.user_id IS 'Whose it is';

CREATE TABLE emails (
  email text PRIMARY KEY,
  user_id bigint NOT NULL
);
COMMENT ON TABLE emails IS 'Each email address once in the system';
COMMENT ON COLUMN emails.email IS 'Folded by the one folding function, so that case cannot make two accounts';
COMMENT ON COLUMN emails.user_id IS 'Whose it is';
