-- Backups, drills and checks of backups, as operators and alerts see them
CREATE TABLE backups (
  kind text NOT NULL,
  begun_at timestamptz NOT NULL,
  ended_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  good boolean NOT NULL,
  sentence text NOT NULL,
  bytes bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (kind, begun_at)
);
COMMENT ON TABLE backups IS 'How backups of PostgreSQL, drills and checks of them ended; the newest hundred of each kind that were good, and that were not';
COMMENT ON COLUMN backups.kind IS 'backup, drill (a restore that was tried), verify, or wal: a segment of WAL that is missing from the archive';
COMMENT ON COLUMN backups.begun_at IS 'When it began; its identity';
COMMENT ON COLUMN backups.ended_at IS 'When it ended';
COMMENT ON COLUMN backups.good IS 'Whether it is of use';
COMMENT ON COLUMN backups.sentence IS 'How it ended, for operators';
COMMENT ON COLUMN backups.bytes IS 'Size of the backup; 0 where there is none';
