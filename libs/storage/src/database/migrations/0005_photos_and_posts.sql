-- Photos and posts
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
COMMENT ON TABLE photos IS 'Uploaded images, their state and renditions; on their owner''s shard; the row is committed before the first byte';
COMMENT ON COLUMN photos.shard IS 'Logical shard 0-8191 where this row lives: shard_of() of the id that owns it';
COMMENT ON COLUMN photos.id IS 'Made by next_id on the owner''s shard';
COMMENT ON COLUMN photos.owner_id IS 'Who uploaded it';
COMMENT ON COLUMN photos.post_id IS 'The one post that shows it; null while unposted';
COMMENT ON COLUMN photos.position IS 'Place within its post, from 0; null while unposted';
COMMENT ON COLUMN photos.state IS 'uploading, processing, ready or rejected; moves forward only';
COMMENT ON COLUMN photos.attempt IS 'Times that developing began; a result of an older attempt is not taken';
COMMENT ON COLUMN photos.attempted_at IS 'When the newest attempt began; the sweeper looks for old ones';
COMMENT ON COLUMN photos.folder IS 'Object key prefix, random; originals and renditions lie under it, never a file name or URL';
COMMENT ON COLUMN photos.bytes IS 'Size of the original; null until the upload ended';
COMMENT ON COLUMN photos.sha256 IS 'SHA-256 of the original, hashed as it came in';
COMMENT ON COLUMN photos.type IS 'Media type by the original''s own first bytes, never the client''s word';
COMMENT ON COLUMN photos.alt_text IS 'What the picture shows, for people who cannot see it; NFC';
COMMENT ON COLUMN photos.width IS 'Pixels as seen, after orientation; null until developed';
COMMENT ON COLUMN photos.height IS 'Pixels as seen, after orientation; null until developed';
COMMENT ON COLUMN photos.thumbhash IS 'Thumbhash in standard base64, shown until a rendition has loaded';
COMMENT ON COLUMN photos.color IS 'Dominant colour as #rrggbb';
COMMENT ON COLUMN photos.renditions IS 'Rendition name to {width, height, bytes}; null until ready';
COMMENT ON COLUMN photos.rejection IS 'Why it was rejected, as a code that clients can show';
COMMENT ON COLUMN photos.created_at IS 'When the upload began; unposted photos go after 7 days';
COMMENT ON COLUMN photos.settled_at IS 'When it became ready or rejected';

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
COMMENT ON TABLE posts IS '1-10 photos with a caption; on their author''s shard; lists are ordered by id everywhere';
COMMENT ON COLUMN posts.shard IS 'Logical shard 0-8191 where this row lives: shard_of() of the id that owns it';
COMMENT ON COLUMN posts.id IS 'Made by next_id on the author''s shard; its base64url is the short code';
COMMENT ON COLUMN posts.author_id IS 'Who posted it';
COMMENT ON COLUMN posts.state IS 'publishing until every photo is ready, then published; failed when one was rejected';
COMMENT ON COLUMN posts.caption IS 'As typed, NFC';
COMMENT ON COLUMN posts.caption_entities IS 'Mentions, tags and links as UTF-16 ranges of the caption';
COMMENT ON COLUMN posts.place_name IS 'Name of the place; null for no place';
COMMENT ON COLUMN posts.latitude IS 'Degrees, -90 to 90; null without a place';
COMMENT ON COLUMN posts.longitude IS 'Degrees, -180 to 180; null without a place';
COMMENT ON COLUMN posts.sensitive IS 'Clients blur it until asked';
COMMENT ON COLUMN posts.content_warning IS 'Shown instead of the photos until asked';
COMMENT ON COLUMN posts.comments_closed IS 'Nobody may add comments';
COMMENT ON COLUMN posts.archived IS 'Seen by its author only';
COMMENT ON COLUMN posts.fanned_out IS 'Whether followers'' feeds received it; false is merged at read; null until published';
COMMENT ON COLUMN posts.likes_count IS 'Likes not hidden; folded from count_deltas';
COMMENT ON COLUMN posts.comments_count IS 'Comments neither hidden nor deleted; folded from count_deltas';
COMMENT ON COLUMN posts.version IS 'Grows with each change that cached pages show; part of their key';
COMMENT ON COLUMN posts.failure IS 'Why it failed, as a code; null unless failed';
COMMENT ON COLUMN posts.failed_photo_id IS 'The rejected photo; null unless failed';
COMMENT ON COLUMN posts.created_at IS 'When its author sent it';
COMMENT ON COLUMN posts.published_at IS 'When its last photo was ready';
COMMENT ON COLUMN posts.edited_at IS 'When its caption or place was last changed';
