-- transaction: none
-- A username that was given up stays with whoever had it for 90 days. Without a user_id nothing finds it; the release before this one
-- refuses it as taken.
ALTER TABLE usernames ALTER COLUMN user_id DROP NOT NULL;
ALTER TABLE usernames ADD COLUMN IF NOT EXISTS given_up_by bigint;
ALTER TABLE usernames ADD COLUMN IF NOT EXISTS given_up_at timestamptz;
COMMENT ON TABLE usernames IS 'Each username once in the system; a row exists from its claim until 90 days after it was given up';
COMMENT ON COLUMN usernames.user_id IS 'Whose it is; null while it belongs to nobody';
COMMENT ON COLUMN usernames.given_up_by IS 'Who may have it back at any time; null while it is somebody''s';
COMMENT ON COLUMN usernames.given_up_at IS 'When they renamed or closed their account; 90 days later anybody may have it';
DROP INDEX CONCURRENTLY IF EXISTS usernames_given_up;
CREATE INDEX CONCURRENTLY usernames_given_up ON usernames (given_up_at) WHERE given_up_at IS NOT NULL;
