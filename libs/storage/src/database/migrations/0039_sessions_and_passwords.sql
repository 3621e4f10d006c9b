-- A session that began before its person's last change of password may live on (the one that changed it), but a repeated sign-in or
-- sign-up no longer gets its tokens.
ALTER TABLE users ADD COLUMN password_changed_at timestamptz;
COMMENT ON COLUMN users.password_changed_at IS 'Last change of the password; the first tokens of older sessions are not given out again';

-- From where a refresh token was first used, and how often it was repeated since: answers get lost, but not many in a row.
ALTER TABLE refresh_tokens
  ADD COLUMN used_address text,
  ADD COLUMN used_user_agent text,
  ADD COLUMN repeats smallint NOT NULL DEFAULT 0,
  ADD COLUMN repeats_since timestamptz;
COMMENT ON COLUMN refresh_tokens.used_address IS 'The network of the first use, shortened to /24 or /48';
COMMENT ON COLUMN refresh_tokens.used_user_agent IS 'User-Agent of the first use, cut';
COMMENT ON COLUMN refresh_tokens.repeats IS 'Repeats of the token in the window since repeats_since';
COMMENT ON COLUMN refresh_tokens.repeats_since IS 'When the first of these repeats came; 60 s after it a new window begins';

ALTER TABLE sessions ADD COLUMN address text;
COMMENT ON COLUMN sessions.address IS 'The network of sign-in or of the last rotation, shortened to /24 or /48';
