-- What one transaction changes of a count is one row.
COMMENT ON COLUMN count_deltas.delta IS 'What to add: 1 or -1, or the sum of what one transaction did';
