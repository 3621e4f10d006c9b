-- Heartbeats: who is there, and what each reaches. Unlogged: after a crash of the server the next beat writes it anew.
CREATE UNLOGGED TABLE heartbeats (
  id text NOT NULL PRIMARY KEY,
  kind text NOT NULL,
  beat integer NOT NULL,
  facts jsonb NOT NULL,
  beaten_at timestamptz NOT NULL DEFAULT clock_timestamp()
) WITH (fillfactor = 50);
COMMENT ON TABLE heartbeats IS 'Processes of Narwhal and which stores each reaches, so that one that alone is cut off knows it; rows of a day';
COMMENT ON COLUMN heartbeats.id IS 'Random, of one life of one process';
COMMENT ON COLUMN heartbeats.kind IS 'api or worker';
COMMENT ON COLUMN heartbeats.beat IS 'Counts the heartbeats of this process: what others say is compared by it, never by clocks';
COMMENT ON COLUMN heartbeats.facts IS 'Host, process number, release, since when, address of its metrics, and what it sees of each store';
COMMENT ON COLUMN heartbeats.beaten_at IS 'The last heartbeat, by the clock of PostgreSQL';
