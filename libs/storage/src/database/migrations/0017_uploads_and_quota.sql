-- Resumable uploads, and the quota of each person
CREATE TABLE uploads (
  shard smallint NOT NULL,
  id bigint NOT NULL,
  owner_id bigint NOT NULL,
  secret_hash bytea NOT NULL,
  folder text NOT NULL,
  state text NOT NULL DEFAULT 'receiving',
  length bigint NOT NULL,
  received bigint NOT NULL DEFAULT 0,
  writer text,
  pieces jsonb NOT NULL DEFAULT '[]',
  head bytea NOT NULL,
  type text,
  alt_text text NOT NULL DEFAULT '',
  photo_id bigint,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL,
  PRIMARY KEY (shard, id)
);
CREATE INDEX uploads_of_owner ON uploads (shard, owner_id) WHERE state = 'receiving';
CREATE INDEX uploads_expiry ON uploads (expires_at);
CREATE INDEX uploads_whole ON uploads (created_at) WHERE state = 'receiving' AND received = length;
COMMENT ON TABLE uploads IS 'Resumable uploads (tus): what has arrived of each, and who may add to it; on their owner''s shard';
COMMENT ON COLUMN uploads.shard IS 'Logical shard 0-8191 where this row lives: shard_of() of the id that owns it';
COMMENT ON COLUMN uploads.id IS 'Made by next_id on the owner''s shard; part of the upload''s address';
COMMENT ON COLUMN uploads.owner_id IS 'Whose photo it becomes';
COMMENT ON COLUMN uploads.secret_hash IS 'SHA-256 of the secret in the upload''s address, which alone lets one go on with it';
COMMENT ON COLUMN uploads.folder IS 'Object key prefix, random: of its pieces, and of the photo that it becomes';
COMMENT ON COLUMN uploads.state IS 'receiving, completed (its folder is a photo), duplicate (of a photo that exists) or ended';
COMMENT ON COLUMN uploads.length IS 'Bytes that it will have';
COMMENT ON COLUMN uploads.received IS 'Bytes that are safe in the store: the offset at which to go on';
COMMENT ON COLUMN uploads.writer IS 'Who may append: a token of the request that does; once it is another one or null, what that request does counts no more';
COMMENT ON COLUMN uploads.pieces IS 'Pieces that arrived, in order: [{name, sizes}], each size one object <name><index>';
COMMENT ON COLUMN uploads.head IS 'First bytes, up to 256: what the format is told by';
COMMENT ON COLUMN uploads.type IS 'Media type by the first bytes; null until enough of them are here';
COMMENT ON COLUMN uploads.alt_text IS 'What the picture shows, as sent when the upload was made; NFC';
COMMENT ON COLUMN uploads.photo_id IS 'The photo that it became; null until it is complete';
COMMENT ON COLUMN uploads.created_at IS 'When it was made';
COMMENT ON COLUMN uploads.expires_at IS 'Upload-Expires: afterwards it is swept';

CREATE TABLE photo_usage (
  shard smallint NOT NULL,
  owner_id bigint NOT NULL,
  day date NOT NULL,
  photos integer NOT NULL,
  PRIMARY KEY (shard, owner_id)
);
COMMENT ON TABLE photo_usage IS 'How many photos a person has sent today; on their own shard; the row''s lock makes the quota exact';
COMMENT ON COLUMN photo_usage.shard IS 'Logical shard 0-8191 where this row lives: shard_of() of the id that owns it';
COMMENT ON COLUMN photo_usage.owner_id IS 'Whose photos are counted';
COMMENT ON COLUMN photo_usage.day IS 'The day, in UTC, that is counted';
COMMENT ON COLUMN photo_usage.photos IS 'Photos made on that day, deleted ones included; written with the photo';

-- Bytes kept are summed from this index alone: derived from rows, so that no fault can make them wrong.
CREATE INDEX photos_of_owner ON photos (shard, owner_id) INCLUDE (bytes);
