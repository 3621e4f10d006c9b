-- Where objects live, and what is being moved
CREATE TABLE object_home (
  name text PRIMARY KEY,
  store text NOT NULL,
  since timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE object_home IS 'The store in which new objects land; reads ask it first and any other store after it';
COMMENT ON COLUMN object_home.name IS 'Which objects: photos';
COMMENT ON COLUMN object_home.store IS 'disk or s3; what the first process found configured, and what storage migrate writes here afterwards';
COMMENT ON COLUMN object_home.since IS 'When new objects began to land there';

CREATE TABLE object_copies (
  folder text PRIMARY KEY,
  store text NOT NULL,
  names text[] NOT NULL,
  begun_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE object_copies IS 'Copies that storage migrate has begun: after kill -9, those whose source was deleted meanwhile are removed';
COMMENT ON COLUMN object_copies.folder IS 'Object key prefix, in the trash perhaps';
COMMENT ON COLUMN object_copies.store IS 'The store that is copied to: disk or s3';
COMMENT ON COLUMN object_copies.names IS 'Objects of the folder that are being copied';
COMMENT ON COLUMN object_copies.begun_at IS 'When it began';
