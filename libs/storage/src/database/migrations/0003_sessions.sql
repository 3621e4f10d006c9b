-- Sessions
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
COMMENT ON TABLE sessions IS 'Sign-ins, each with rotating refresh tokens; on their user''s shard';
COMMENT ON COLUMN sessions.shard IS 'Logical shard 0-8191 where this row lives: shard_of() of the id that owns it';
COMMENT ON COLUMN sessions.id IS 'Made by next_id on the user''s shard; part of every token';
COMMENT ON COLUMN sessions.user_id IS 'Who signed in';
COMMENT ON COLUMN sessions.kind IS 'first_party or, later, third_party';
COMMENT ON COLUMN sessions.application IS 'The third-party application; null for first_party';
COMMENT ON COLUMN sessions.scopes IS 'What a third party may do; empty means all for first_party';
COMMENT ON COLUMN sessions.user_agent IS 'User-Agent at sign-in, cut, for the list of sessions';
COMMENT ON COLUMN sessions.created_at IS 'When it began';
COMMENT ON COLUMN sessions.refreshed_at IS 'Last rotation; idle beyond the refresh token''s life it is swept';
COMMENT ON COLUMN sessions.ended_at IS 'Sign-out, reuse of an old token or change of password; final';

CREATE TABLE refresh_tokens (
  shard smallint NOT NULL,
  session_id bigint NOT NULL,
  generation integer NOT NULL,
  hash bytea NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  first_used_at timestamptz,
  PRIMARY KEY (shard, session_id, generation)
);
COMMENT ON TABLE refresh_tokens IS 'Generations of a session''s refresh token; successors are derived, so only hashes are stored';
COMMENT ON COLUMN refresh_tokens.shard IS 'Logical shard 0-8191 where this row lives: shard_of() of the id that owns it';
COMMENT ON COLUMN refresh_tokens.session_id IS 'The session that it refreshes';
COMMENT ON COLUMN refresh_tokens.generation IS '1 at sign-in, one more at each rotation';
COMMENT ON COLUMN refresh_tokens.hash IS 'SHA-256 of the token; the token itself is nowhere';
COMMENT ON COLUMN refresh_tokens.created_at IS 'When it was derived from its predecessor';
COMMENT ON COLUMN refresh_tokens.first_used_at IS 'First use; 60 s after it the predecessor counts as reuse';

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
COMMENT ON TABLE idempotency_keys IS 'Outcomes of POSTs with an Idempotency-Key, written in the effect''s own transaction; kept 24 h';
COMMENT ON COLUMN idempotency_keys.shard IS 'Logical shard 0-8191 where this row lives: shard_of() of the id that owns it';
COMMENT ON COLUMN idempotency_keys.caller_id IS 'The user who sent it; 0 for callers without a token';
COMMENT ON COLUMN idempotency_keys.path IS 'The request''s path: the same key on another path is another key';
COMMENT ON COLUMN idempotency_keys.key IS '16-64 of [A-Za-z0-9_-], as the client sent it';
COMMENT ON COLUMN idempotency_keys.fingerprint IS 'SHA-256 over fields and file hash; another body under the key is 422';
COMMENT ON COLUMN idempotency_keys.status IS 'The 2xx that was answered; null while the first request runs';
COMMENT ON COLUMN idempotency_keys.made_id IS 'What was made; the answer is built anew from it, gone is 410';
COMMENT ON COLUMN idempotency_keys.created_at IS 'When the first request came';
