-- Later work: rows decide, queues hasten
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
COMMENT ON TABLE count_deltas IS 'Changes of counts, written by the transaction that liked, followed or commented; the worker folds and deletes them';
COMMENT ON COLUMN count_deltas.shard IS 'Logical shard 0-8191 where this row lives: shard_of() of the id that owns it';
COMMENT ON COLUMN count_deltas.id IS 'Only tells deltas apart; its order means nothing';
COMMENT ON COLUMN count_deltas.subject_id IS 'The user, post or comment whose count changes';
COMMENT ON COLUMN count_deltas.counter IS 'Which count of the subject: the column''s name without _count';
COMMENT ON COLUMN count_deltas.delta IS 'What to add: 1 or -1';
COMMENT ON COLUMN count_deltas.created_at IS 'When it was written; its age is part of quiet';

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
COMMENT ON TABLE outbox IS 'Effects outside PostgreSQL that are due, written by the transaction that causes them; deleted when carried out';
COMMENT ON COLUMN outbox.shard IS 'Logical shard 0-8191 where this row lives: shard_of() of the id that owns it';
COMMENT ON COLUMN outbox.id IS 'Made by next_id on the subject''s shard';
COMMENT ON COLUMN outbox.kind IS 'One of outboxKinds';
COMMENT ON COLUMN outbox.subject_id IS 'What it is about; the kind says which table';
COMMENT ON COLUMN outbox.progress IS 'Last key that a paged effect has finished; null before the first page';
COMMENT ON COLUMN outbox.attempts IS 'Times that it was taken up';
COMMENT ON COLUMN outbox.created_at IS 'When it became due; its age is part of quiet';
COMMENT ON COLUMN outbox.attempted_at IS 'When it was last taken up; the sweeper looks for old ones';
COMMENT ON COLUMN outbox.error IS 'Why the last attempt failed, for operators';

CREATE TABLE trash (
  shard smallint NOT NULL,
  id bigint NOT NULL,
  folder text NOT NULL,
  trashed_on date NOT NULL DEFAULT now(),
  PRIMARY KEY (shard, id)
);
CREATE INDEX trash_age ON trash (trashed_on);
COMMENT ON TABLE trash IS 'Folders of deleted photos; their objects outlive the backups'' window, so that a restored database finds them';
COMMENT ON COLUMN trash.shard IS 'Logical shard 0-8191 where this row lives: shard_of() of the id that owns it';
COMMENT ON COLUMN trash.id IS 'The id that the photo had';
COMMENT ON COLUMN trash.folder IS 'Object key prefix to be deleted';
COMMENT ON COLUMN trash.trashed_on IS 'Day of deletion; the window counts from here';

CREATE TABLE redis_epoch (
  name text PRIMARY KEY,
  epoch integer NOT NULL,
  fingerprint text NOT NULL,
  begun_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE redis_epoch IS 'The life of each Redis''s data: derived keys of an older epoch count as absent';
COMMENT ON COLUMN redis_epoch.name IS 'Which Redis: data';
COMMENT ON COLUMN redis_epoch.epoch IS 'Part of every derived key; one more after each restart or failover';
COMMENT ON COLUMN redis_epoch.fingerprint IS 'How that Redis named its own life (run id, replication id); another one begins a new epoch';
COMMENT ON COLUMN redis_epoch.begun_at IS 'When this epoch began';
