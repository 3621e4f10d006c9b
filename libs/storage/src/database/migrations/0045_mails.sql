-- Mails to people. The row decides whether a link or a code still works; both are derived from the row and the keys, and stored nowhere.
CREATE TABLE mails (
  shard smallint NOT NULL,
  id bigint NOT NULL,
  kind text NOT NULL,
  login text,
  user_id bigint,
  address text,
  locale text NOT NULL,
  bound bytea,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  expires_at timestamptz NOT NULL,
  sent_at timestamptz,
  used_at timestamptz,
  guesses smallint NOT NULL DEFAULT 0,
  attempts integer NOT NULL DEFAULT 0,
  next_try_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  given_up_at timestamptz,
  error text,
  PRIMARY KEY (shard, id)
);
CREATE INDEX mails_of_user ON mails (shard, user_id, created_at) WHERE user_id IS NOT NULL;
CREATE INDEX mails_unsent ON mails (next_try_at) WHERE user_id IS NOT NULL AND sent_at IS NULL AND given_up_at IS NULL;
CREATE INDEX mails_age ON mails (created_at);
COMMENT ON TABLE mails IS 'Mails that were asked for, and those to people; kept for a week';
COMMENT ON COLUMN mails.shard IS 'Logical shard 0-8191 where this row lives: shard_of() of the id that owns it';
COMMENT ON COLUMN mails.id IS 'Made by next_id on the receiver''s shard, or on any while the receiver is not known; part of the link';
COMMENT ON COLUMN mails.kind IS 'What its link permits: reset (of a password)';
COMMENT ON COLUMN mails.login IS 'The username or email that somebody gave; null once the worker knows whose it is';
COMMENT ON COLUMN mails.user_id IS 'The receiver; null while only a login is known';
COMMENT ON COLUMN mails.address IS 'Where it goes; null where an operator made the link';
COMMENT ON COLUMN mails.locale IS 'The language of whoever asked';
COMMENT ON COLUMN mails.bound IS 'SHA-256 of the account''s password hash and address: another state makes the link useless';
COMMENT ON COLUMN mails.created_at IS 'When it was asked for';
COMMENT ON COLUMN mails.expires_at IS 'From when on its link and its code are useless';
COMMENT ON COLUMN mails.sent_at IS 'When a mail server took it, or an operator was shown the link';
COMMENT ON COLUMN mails.used_at IS 'When its link or its code was used: each works once';
COMMENT ON COLUMN mails.guesses IS 'Wrong codes';
COMMENT ON COLUMN mails.attempts IS 'Times that sending was tried';
COMMENT ON COLUMN mails.next_try_at IS 'When it is to be sent; moved on before each attempt';
COMMENT ON COLUMN mails.given_up_at IS 'When sending was given up';
COMMENT ON COLUMN mails.error IS 'Why the last attempt failed, for operators';
