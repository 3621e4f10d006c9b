-- One audit table for all of Narwhal: who did what to whom, when and from where. Rows are only added.
CREATE TABLE audit_events (
  shard smallint NOT NULL,
  id bigint NOT NULL,
  user_id bigint NOT NULL,
  actor_id bigint,
  kind text NOT NULL,
  address text,
  user_agent text,
  params jsonb NOT NULL DEFAULT '{}',
  happened_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (shard, id)
);
CREATE INDEX audit_events_of_user ON audit_events (shard, user_id, id);
CREATE INDEX audit_events_age ON audit_events (happened_at);
COMMENT ON TABLE audit_events IS 'Who did what to whom, when and from where; rows are added, never changed, and kept for a year';
COMMENT ON COLUMN audit_events.shard IS 'Logical shard 0-8191 where this row lives: shard_of() of the id that owns it';
COMMENT ON COLUMN audit_events.id IS 'Made by next_id on the shard of the person concerned; orders the list';
COMMENT ON COLUMN audit_events.user_id IS 'The person whom it concerns';
COMMENT ON COLUMN audit_events.actor_id IS 'Who did it; null for an operator on the command line, and for Narwhal itself';
COMMENT ON COLUMN audit_events.kind IS 'What happened, as docs/clients.md lists it';
COMMENT ON COLUMN audit_events.address IS 'The network from where, shortened to /24 or /48; null when it came from no client';
COMMENT ON COLUMN audit_events.user_agent IS 'User-Agent of the request, cut';
COMMENT ON COLUMN audit_events.params IS 'More about it, by kind; no text that people wrote, no secret';
COMMENT ON COLUMN audit_events.happened_at IS 'When it happened';
