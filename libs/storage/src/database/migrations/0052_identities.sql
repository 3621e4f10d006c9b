-- Who a person is at other providers, by which they sign in here.
CREATE TABLE IF NOT EXISTS identities (
  provider text NOT NULL,
  subject text NOT NULL,
  user_id bigint NOT NULL,
  email text,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  used_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (provider, subject)
);
CREATE INDEX IF NOT EXISTS identities_of_user ON identities (user_id);
COMMENT ON TABLE identities IS 'By whom people sign in without a password: each identity at a provider belongs to one account';
COMMENT ON COLUMN identities.provider IS 'The id of the provider in IDENTITY_PROVIDERS';
COMMENT ON COLUMN identities.subject IS 'What the provider calls the person for ever: `sub` of its ID tokens';
COMMENT ON COLUMN identities.user_id IS 'Whose it is: a person, or a sign-up that waits';
COMMENT ON COLUMN identities.email IS 'The address there, which tells the person which account it is; no address of theirs here';
COMMENT ON COLUMN identities.created_at IS 'When it was linked';
COMMENT ON COLUMN identities.used_at IS 'Last sign-in by it';
COMMENT ON TABLE idempotency_keys IS 'What happens once: POSTs with an Idempotency-Key, written in the effect''s own transaction, and the use of ID tokens; kept 24 h';
COMMENT ON COLUMN idempotency_keys.path IS 'The request''s path: the same key on another path is another key; `id-token` for ID tokens';
COMMENT ON COLUMN idempotency_keys.key IS '16-64 of [A-Za-z0-9_-], as the client sent it; of an ID token the SHA-256 of what is signed';
COMMENT ON COLUMN idempotency_keys.fingerprint IS 'SHA-256 over fields and file hash; another body under the key is 422; of an ID token over the request that used it';
