-- Second factors and passkeys. No row is worth anything in a copy of the database: secrets are sealed by TOKEN_KEYS, recovery codes
-- hashed, keys of passkeys public.
CREATE TABLE factors (
  shard smallint NOT NULL,
  id bigint NOT NULL,
  user_id bigint NOT NULL,
  kind text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  confirmed_at timestamptz,
  used_at timestamptz,
  secret text,
  sealed_by text,
  step bigint NOT NULL DEFAULT 0,
  guesses smallint NOT NULL DEFAULT 0,
  guesses_since timestamptz,
  hash bytea,
  name text,
  credential_id bytea,
  public_key bytea,
  counter bigint,
  transports text[],
  due_at timestamptz,
  PRIMARY KEY (shard, id)
);
CREATE INDEX factors_of_user ON factors (shard, user_id, id);
CREATE INDEX factors_sealed ON factors (sealed_by) WHERE secret IS NOT NULL;
CREATE INDEX factors_due ON factors (due_at) WHERE due_at IS NOT NULL;
COMMENT ON TABLE factors IS 'What proves a person beside their password, or in its place; a few rows a person';
COMMENT ON COLUMN factors.shard IS 'Logical shard 0-8191 where this row lives: shard_of() of the id that owns it';
COMMENT ON COLUMN factors.id IS 'Made by next_id on the shard of its person';
COMMENT ON COLUMN factors.user_id IS 'Whose it is';
COMMENT ON COLUMN factors.kind IS 'totp, passkey, recovery (a code), or removal: an operator takes all of them away at due_at';
COMMENT ON COLUMN factors.created_at IS 'When it was made';
COMMENT ON COLUMN factors.confirmed_at IS 'From when on it counts; null for a TOTP secret that no code has confirmed';
COMMENT ON COLUMN factors.used_at IS 'Last use; a recovery code that was used is of no more use';
COMMENT ON COLUMN factors.secret IS 'Of TOTP: sealed by a key of TOKEN_KEYS';
COMMENT ON COLUMN factors.sealed_by IS 'The id of that key; a newer one seals it again';
COMMENT ON COLUMN factors.step IS 'The newest time step of TOTP whose code was used, or the time in ms of the newest challenge that a passkey answered: older ones are refused';
COMMENT ON COLUMN factors.guesses IS 'Wrong codes of TOTP since guesses_since';
COMMENT ON COLUMN factors.guesses_since IS 'When the first of them came; a day later they are forgotten';
COMMENT ON COLUMN factors.hash IS 'SHA-256 of a recovery code of 80 random bits';
COMMENT ON COLUMN factors.name IS 'What its owner calls a passkey';
COMMENT ON COLUMN factors.credential_id IS 'The id of a passkey, as its device knows it';
COMMENT ON COLUMN factors.public_key IS 'The public key of a passkey (COSE)';
COMMENT ON COLUMN factors.counter IS 'Signatures that a passkey has made, where it counts them';
COMMENT ON COLUMN factors.transports IS 'How browsers reach a passkey, as they said it';
COMMENT ON COLUMN factors.due_at IS 'When a removal takes effect, unless its person stops it';
