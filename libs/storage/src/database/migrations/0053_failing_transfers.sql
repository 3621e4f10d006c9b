-- Since when an export or an import fails: one that is long at work is not stuck at its first failure.
ALTER TABLE transfers ADD COLUMN IF NOT EXISTS failing_since timestamptz;
COMMENT ON COLUMN transfers.failing_since IS 'When the first attempt failed since it last went on; null while it goes on';
