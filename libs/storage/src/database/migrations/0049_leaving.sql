-- transaction: none
-- A closed account is hidden at once and erased later; until then its owner may come back. The release before this one erases at once.
ALTER TABLE users ADD COLUMN IF NOT EXISTS erase_at timestamptz;
COMMENT ON COLUMN users.closed_at IS 'When its owner closed it; hidden from then on';
COMMENT ON COLUMN users.erase_at IS 'When a closed account is erased; until then signing in opens it again; null once its erasure has begun';
DROP INDEX CONCURRENTLY IF EXISTS users_leaving;
CREATE INDEX CONCURRENTLY users_leaving ON users (erase_at) WHERE erase_at IS NOT NULL;
-- Names of erased accounts are held as hashes, and an account's former names are found by who gave them up.
COMMENT ON COLUMN usernames.username IS 'Folded to lower case: [a-z0-9_] with inner dots, 1-30; of an erased account #, then its SHA-256';
DROP INDEX CONCURRENTLY IF EXISTS usernames_given_up_by;
CREATE INDEX CONCURRENTLY usernames_given_up_by ON usernames (given_up_by) WHERE given_up_by IS NOT NULL;
-- An erasure also deletes what names the person elsewhere: the records of what they deleted, others' suggestions and dismissals, and the
-- author of the gaps in threads.
DROP INDEX CONCURRENTLY IF EXISTS deletions_of_person;
CREATE INDEX CONCURRENTLY deletions_of_person ON deletions (person_id);
DROP INDEX CONCURRENTLY IF EXISTS suggestions_suggested;
CREATE INDEX CONCURRENTLY suggestions_suggested ON suggestions (suggested_id);
DROP INDEX CONCURRENTLY IF EXISTS suggestion_dismissals_dismissed;
CREATE INDEX CONCURRENTLY suggestion_dismissals_dismissed ON suggestion_dismissals (dismissed_id);
COMMENT ON COLUMN comments.author_id IS 'Who wrote it; 0 once it is deleted';
