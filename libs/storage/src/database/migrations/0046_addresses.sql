-- An address belongs to whoever verified it. Rows of emails from before this release are claimed: they yield to whoever verifies.
ALTER TABLE users ADD COLUMN locale text;
COMMENT ON COLUMN users.locale IS 'BCP 47 tag: the language of mails to them; null for who asks';
COMMENT ON COLUMN users.email IS 'As typed, folded; theirs only where emails says so; never logged';
ALTER TABLE emails ADD COLUMN verified_at timestamptz;
COMMENT ON TABLE emails IS 'To whom each address of email belongs';
COMMENT ON COLUMN emails.verified_at IS 'When its owner proved to read it; null: claimed at a sign-up before addresses were verified';
CREATE TABLE address_mails (
  shard smallint NOT NULL,
  address bytea NOT NULL,
  day date NOT NULL,
  mails smallint NOT NULL,
  PRIMARY KEY (shard, address)
);
CREATE INDEX address_mails_age ON address_mails (day);
COMMENT ON TABLE address_mails IS 'How many mails strangers caused to an address on one day, whatever became of their accounts';
COMMENT ON COLUMN address_mails.shard IS 'Logical shard 0-8191 where this row lives: of the first bytes of its address';
COMMENT ON COLUMN address_mails.address IS 'SHA-256 of the mailbox: the address without dots and +suffix before its @';
COMMENT ON COLUMN address_mails.day IS 'The day (UTC) whose mails are counted';
COMMENT ON COLUMN address_mails.mails IS 'Mails of that day';
-- mails came with this release, so nobody waits for its lock.
CREATE INDEX mails_to_verify ON mails (address) WHERE kind = 'verify' AND used_at IS NULL;
COMMENT ON COLUMN mails.kind IS 'What it is for, and what its link permits: a MailKind of the code';
COMMENT ON COLUMN mails.address IS 'Where it goes, and what its link verifies or gives back; null where an operator made the link';
COMMENT ON COLUMN mails.locale IS 'The language of its receiver, or of whoever asked';
