-- A session that began before its person's last change of password may live on (the one that changed it), but a repeated sign-in or
-- sign-up no longer gets its tokens.
ALTER TABLE users ADD COLUMN password_changed_at timestamptz;
COMMENT ON COLUMN users.password_changed_at IS 'Last change of the password; the first tokens of older sessions are not given out again';
