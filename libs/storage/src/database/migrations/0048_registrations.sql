-- Who may come in: what a person accepted and who invited them, invitations, and sign-ups that wait for an admin.
ALTER TABLE users ADD COLUMN IF NOT EXISTS invited_by bigint;
ALTER TABLE users ADD COLUMN IF NOT EXISTS terms_version text;
ALTER TABLE users ADD COLUMN IF NOT EXISTS terms_accepted_at timestamptz;
ALTER TABLE users ADD COLUMN IF NOT EXISTS age_checked smallint;
COMMENT ON COLUMN users.invited_by IS 'Whose invitation they came by; null without one, or by an operator''s';
COMMENT ON COLUMN users.terms_version IS 'The version of the terms that they accepted last; null for none';
COMMENT ON COLUMN users.terms_accepted_at IS 'When they accepted it';
COMMENT ON COLUMN users.age_checked IS 'The minimum age that their birth date reached at sign-up; the date itself is not kept';

CREATE TABLE invitations (
  shard smallint NOT NULL,
  id bigint NOT NULL,
  inviter_id bigint,
  uses smallint NOT NULL,
  uses_left smallint NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL,
  revoked_at timestamptz,
  PRIMARY KEY (shard, id)
);
CREATE INDEX invitations_of_inviter ON invitations (shard, inviter_id, id) WHERE inviter_id IS NOT NULL;
CREATE INDEX invitations_age ON invitations (created_at);
COMMENT ON TABLE invitations IS 'Invitations; their codes are derived from the row and the keys, and stored nowhere';
COMMENT ON COLUMN invitations.shard IS 'Logical shard 0-8191 where this row lives: shard_of() of the id that owns it';
COMMENT ON COLUMN invitations.id IS 'Made by next_id on the inviter''s shard, or on any for an operator''s; part of the code';
COMMENT ON COLUMN invitations.inviter_id IS 'Who invites; null for an operator on the command line';
COMMENT ON COLUMN invitations.uses IS 'For how many people it is';
COMMENT ON COLUMN invitations.uses_left IS 'How many of them have not come yet';
COMMENT ON COLUMN invitations.created_at IS 'When it was made';
COMMENT ON COLUMN invitations.expires_at IS 'From when on nobody comes by it';
COMMENT ON COLUMN invitations.revoked_at IS 'When the inviter took it back';

CREATE TABLE registrations (
  shard smallint NOT NULL,
  id bigint NOT NULL,
  username text NOT NULL,
  email text NOT NULL,
  password_hash text NOT NULL,
  display_name text NOT NULL DEFAULT '',
  locale text NOT NULL,
  invited_by bigint,
  terms_version text,
  terms_accepted_at timestamptz,
  age_checked smallint,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (shard, id)
);
CREATE INDEX registrations_in_order ON registrations (id);
COMMENT ON TABLE registrations IS 'Sign-ups that wait for an admin: approved ones become users of the same id, refused ones are deleted';
COMMENT ON COLUMN registrations.shard IS 'Logical shard 0-8191 where this row lives: shard_of() of the id that owns it';
COMMENT ON COLUMN registrations.id IS 'Made by next_id; the id of the account';
COMMENT ON COLUMN registrations.username IS 'As in users; held for them in usernames';
COMMENT ON COLUMN registrations.email IS 'As in users; it belongs to nobody before it is verified';
COMMENT ON COLUMN registrations.password_hash IS 'argon2id in PHC form, parameters included';
COMMENT ON COLUMN registrations.display_name IS 'As typed, NFC; empty when none was given';
COMMENT ON COLUMN registrations.locale IS 'The language of the mail that tells them';
COMMENT ON COLUMN registrations.invited_by IS 'Whose invitation they came by; null without one';
COMMENT ON COLUMN registrations.terms_version IS 'The version of the terms that they accepted; null for none';
COMMENT ON COLUMN registrations.terms_accepted_at IS 'When they accepted it';
COMMENT ON COLUMN registrations.age_checked IS 'The minimum age that their birth date reached; the date itself is not kept';
COMMENT ON COLUMN registrations.created_at IS 'When they signed up';

ALTER TABLE mails ADD COLUMN IF NOT EXISTS note text;
COMMENT ON COLUMN mails.note IS 'What an admin says in it, such as why a sign-up was refused; null for nothing';
COMMENT ON COLUMN usernames.given_up_by IS 'Who may have it back at any time, or signed up by it and waits for an admin; null while it is somebody''s';
COMMENT ON COLUMN usernames.given_up_at IS 'When they renamed or closed their account; 90 days later anybody may have it; infinity while a sign-up waits';
