-- Ids: 40 bits of milliseconds since 2026-01-01, 13 bits of logical shard, 10 bits of one sequence for all tables.
-- As Instagram's ("Sharding & IDs at Instagram", 2012), but the sequence is one for the whole system, so that an id names
-- one thing, and time never goes back: id_clock holds the newest millisecond used. When the machine's clock steps back,
-- ids go on from there, and every 1,024th moves it on, so that a millisecond never meets the same sequence twice.
CREATE SEQUENCE id_sequence;
CREATE SEQUENCE id_clock MINVALUE 0 START 0;

CREATE FUNCTION next_id(shard integer) RETURNS bigint LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  milliseconds bigint := floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint - 1767225600000;
  sequence bigint := nextval('id_sequence');
  newest bigint;
BEGIN
  SELECT last_value INTO newest FROM id_clock;
  IF milliseconds < newest THEN
    milliseconds := newest + CASE WHEN sequence % 1024 = 0 THEN 1 ELSE 0 END;
  END IF;
  IF milliseconds > newest THEN
    PERFORM setval('id_clock', milliseconds);
  END IF;
  RETURN (milliseconds << 23) | ((shard & 8191)::bigint << 10) | (sequence % 1024);
END $$;

CREATE FUNCTION shard_of(id bigint) RETURNS smallint LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT ((id >> 10) & 8191)::smallint $$;

-- People ------------------------------------------------------------------------------------------------------------
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

CREATE TABLE usernames (
  username text PRIMARY KEY,
  user_id bigint NOT NULL
);

CREATE TABLE emails (
  email text PRIMARY KEY,
  user_id bigint NOT NULL
);

-- Sessions ----------------------------------------------------------------------------------------------------------
CREATE TABLE sessions (
  shard smallint NOT NULL,
  id bigint NOT NULL,
  user_id bigint NOT NULL,
  kind text NOT NULL DEFAULT 'first_party',
  application text,
  scopes text[] NOT NULL DEFAULT '{}',
  user_agent text,
  created_at timestamptz NOT NULL DEFAULT now(),
  refreshed_at timestamptz NOT NULL DEFAULT now(),
  ended_at timestamptz,
  PRIMARY KEY (shard, id)
);
CREATE INDEX sessions_of_user ON sessions (shard, user_id, id) WHERE ended_at IS NULL;
CREATE INDEX sessions_idle ON sessions (refreshed_at);

CREATE TABLE refresh_tokens (
  shard smallint NOT NULL,
  session_id bigint NOT NULL,
  generation integer NOT NULL,
  hash bytea NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  first_used_at timestamptz,
  PRIMARY KEY (shard, session_id, generation)
);

CREATE TABLE idempotency_keys (
  shard smallint NOT NULL,
  caller_id bigint NOT NULL,
  path text NOT NULL,
  key text NOT NULL,
  fingerprint bytea NOT NULL,
  status smallint,
  made_id bigint,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (shard, caller_id, path, key)
);
CREATE INDEX idempotency_keys_age ON idempotency_keys (created_at);

-- Relations: each is written at both ends; the first table of each pair decides ----------------------------------------
CREATE TABLE follows (
  shard smallint NOT NULL,
  follower_id bigint NOT NULL,
  followee_id bigint NOT NULL,
  id bigint NOT NULL,
  accepted boolean NOT NULL DEFAULT true,
  PRIMARY KEY (shard, follower_id, followee_id)
);
CREATE INDEX follows_newest ON follows (shard, follower_id, id DESC);

CREATE TABLE followers (
  shard smallint NOT NULL,
  followee_id bigint NOT NULL,
  follower_id bigint NOT NULL,
  id bigint NOT NULL,
  accepted boolean NOT NULL DEFAULT true,
  PRIMARY KEY (shard, followee_id, follower_id)
);
CREATE INDEX followers_newest ON followers (shard, followee_id, id DESC);

CREATE TABLE blocks (
  shard smallint NOT NULL,
  blocker_id bigint NOT NULL,
  blocked_id bigint NOT NULL,
  id bigint NOT NULL,
  PRIMARY KEY (shard, blocker_id, blocked_id)
);

CREATE TABLE blocked_by (
  shard smallint NOT NULL,
  blocked_id bigint NOT NULL,
  blocker_id bigint NOT NULL,
  id bigint NOT NULL,
  PRIMARY KEY (shard, blocked_id, blocker_id)
);

CREATE TABLE mutes (
  shard smallint NOT NULL,
  muter_id bigint NOT NULL,
  muted_id bigint NOT NULL,
  id bigint NOT NULL,
  PRIMARY KEY (shard, muter_id, muted_id)
);

-- Photos and posts ----------------------------------------------------------------------------------------------------
CREATE TABLE photos (
  shard smallint NOT NULL,
  id bigint NOT NULL,
  owner_id bigint NOT NULL,
  post_id bigint,
  position smallint,
  state text NOT NULL,
  attempt integer NOT NULL DEFAULT 0,
  attempted_at timestamptz,
  folder text NOT NULL,
  bytes bigint,
  sha256 bytea,
  type text,
  alt_text text NOT NULL DEFAULT '',
  width integer,
  height integer,
  thumbhash text,
  color text,
  renditions jsonb,
  rejection text,
  created_at timestamptz NOT NULL DEFAULT now(),
  settled_at timestamptz,
  PRIMARY KEY (shard, id)
);
CREATE INDEX photos_of_post ON photos (shard, post_id, position) WHERE post_id IS NOT NULL;
CREATE INDEX photos_unposted ON photos (created_at) WHERE post_id IS NULL;
CREATE INDEX photos_unsettled ON photos (created_at) WHERE state IN ('uploading', 'processing');
CREATE INDEX photos_same_bytes ON photos (shard, owner_id, sha256) WHERE post_id IS NULL;

CREATE TABLE posts (
  shard smallint NOT NULL,
  id bigint NOT NULL,
  author_id bigint NOT NULL,
  state text NOT NULL,
  caption text NOT NULL DEFAULT '',
  caption_entities jsonb NOT NULL DEFAULT '[]',
  place_name text,
  latitude double precision,
  longitude double precision,
  sensitive boolean NOT NULL DEFAULT false,
  content_warning text,
  comments_closed boolean NOT NULL DEFAULT false,
  archived boolean NOT NULL DEFAULT false,
  fanned_out boolean,
  likes_count integer NOT NULL DEFAULT 0,
  comments_count integer NOT NULL DEFAULT 0,
  version integer NOT NULL DEFAULT 1,
  failure text,
  failed_photo_id bigint,
  created_at timestamptz NOT NULL DEFAULT now(),
  published_at timestamptz,
  edited_at timestamptz,
  PRIMARY KEY (shard, id)
);
CREATE INDEX posts_of_author ON posts (shard, author_id, id DESC);
CREATE INDEX posts_publishing ON posts (created_at) WHERE state = 'publishing';

CREATE TABLE likes (
  shard smallint NOT NULL,
  user_id bigint NOT NULL,
  post_id bigint NOT NULL,
  id bigint NOT NULL,
  PRIMARY KEY (shard, user_id, post_id)
);
CREATE INDEX likes_newest ON likes (shard, user_id, id DESC);

CREATE TABLE post_likes (
  shard smallint NOT NULL,
  post_id bigint NOT NULL,
  user_id bigint NOT NULL,
  id bigint NOT NULL,
  hidden boolean NOT NULL DEFAULT false,
  PRIMARY KEY (shard, post_id, user_id)
);
CREATE INDEX post_likes_newest ON post_likes (shard, post_id, id DESC) WHERE NOT hidden;

CREATE TABLE saves (
  shard smallint NOT NULL,
  user_id bigint NOT NULL,
  post_id bigint NOT NULL,
  id bigint NOT NULL,
  PRIMARY KEY (shard, user_id, post_id)
);
CREATE INDEX saves_newest ON saves (shard, user_id, id DESC);

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

CREATE TABLE comment_likes (
  shard smallint NOT NULL,
  comment_id bigint NOT NULL,
  user_id bigint NOT NULL,
  id bigint NOT NULL,
  hidden boolean NOT NULL DEFAULT false,
  PRIMARY KEY (shard, comment_id, user_id)
);

-- Later work: rows decide, queues hasten ------------------------------------------------------------------------------
CREATE TABLE count_deltas (
  shard smallint NOT NULL,
  id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
  subject_id bigint NOT NULL,
  counter text NOT NULL,
  delta smallint NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (shard, id)
);
CREATE INDEX count_deltas_of_subject ON count_deltas (shard, subject_id, counter);

CREATE TABLE outbox (
  shard smallint NOT NULL,
  id bigint NOT NULL,
  kind text NOT NULL,
  subject_id bigint NOT NULL,
  progress bigint,
  attempts integer NOT NULL DEFAULT 0,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  attempted_at timestamptz,
  error text,
  PRIMARY KEY (shard, id)
);
CREATE INDEX outbox_age ON outbox (created_at);

CREATE TABLE trash (
  shard smallint NOT NULL,
  id bigint NOT NULL,
  folder text NOT NULL,
  trashed_on date NOT NULL DEFAULT current_date,
  PRIMARY KEY (shard, id)
);
CREATE INDEX trash_age ON trash (trashed_on);

CREATE TABLE redis_epoch (
  name text PRIMARY KEY,
  epoch integer NOT NULL,
  fingerprint text NOT NULL,
  begun_at timestamptz NOT NULL DEFAULT now()
);
