-- What was deleted, and by whom: so that DELETE may be repeated, and a repeated POST learns that its thing is gone.
CREATE TABLE deletions (
  shard smallint NOT NULL,
  id bigint NOT NULL,
  person_id bigint NOT NULL,
  deleted_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (shard, id)
);
CREATE INDEX deletions_age ON deletions (deleted_at);
COMMENT ON TABLE deletions IS 'Ids of deleted posts, photos and comments, so that a DELETE may be repeated';
COMMENT ON COLUMN deletions.shard IS 'Logical shard 0-8191 where this row lives: shard_of() of the id that owns it';
COMMENT ON COLUMN deletions.id IS 'The id that was deleted';
COMMENT ON COLUMN deletions.person_id IS 'Who deleted it: a repeat by the same person succeeds again';
COMMENT ON COLUMN deletions.deleted_at IS 'Rows older than 30 days are swept';
