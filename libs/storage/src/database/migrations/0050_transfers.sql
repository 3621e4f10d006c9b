-- Copies of all of a person's data. The row decides: a worker that dies over one leaves it to the next, which begins anew.
CREATE TABLE transfers (
  shard smallint NOT NULL,
  id bigint NOT NULL,
  user_id bigint NOT NULL,
  kind text NOT NULL,
  state text NOT NULL DEFAULT 'waiting',
  progress smallint NOT NULL DEFAULT 0,
  folder text NOT NULL,
  bytes bigint,
  locale text NOT NULL,
  attempts integer NOT NULL DEFAULT 0,
  attempted_at timestamptz,
  next_try_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  expires_at timestamptz,
  error text,
  PRIMARY KEY (shard, id)
);
CREATE INDEX transfers_of_user ON transfers (shard, user_id, id);
CREATE INDEX transfers_unsettled ON transfers (next_try_at) WHERE state IN ('waiting', 'running');
CREATE INDEX transfers_expiry ON transfers (expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX transfers_folder ON transfers (folder);
COMMENT ON TABLE transfers IS 'Exports of all that is a person''s; their objects are deleted a week after they were made';
COMMENT ON COLUMN transfers.shard IS 'Logical shard 0-8191 where this row lives: shard_of() of the id that owns it';
COMMENT ON COLUMN transfers.id IS 'Made by next_id on the person''s shard';
COMMENT ON COLUMN transfers.user_id IS 'Whose data it is';
COMMENT ON COLUMN transfers.kind IS 'export';
COMMENT ON COLUMN transfers.state IS 'waiting, running, then ready; failed when it was given up; ended with the account';
COMMENT ON COLUMN transfers.progress IS 'Per cent of the present attempt';
COMMENT ON COLUMN transfers.folder IS 'Object key prefix, random; each attempt has an object of its own in it';
COMMENT ON COLUMN transfers.bytes IS 'Size of the object; null until ready';
COMMENT ON COLUMN transfers.locale IS 'The language of whoever asked';
COMMENT ON COLUMN transfers.attempts IS 'Times that it was taken up; the result of an older attempt is not taken';
COMMENT ON COLUMN transfers.attempted_at IS 'The newest sign of life of the worker that is at it; null before the first';
COMMENT ON COLUMN transfers.next_try_at IS 'No attempt begins before; moved on before each attempt';
COMMENT ON COLUMN transfers.created_at IS 'When it was asked for';
COMMENT ON COLUMN transfers.expires_at IS 'From when on its objects and this row are deleted; null until ready, failed or ended';
COMMENT ON COLUMN transfers.error IS 'Why the last attempt failed, for operators';
