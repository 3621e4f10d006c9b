-- Removes a stream that has ended.
-- KEYS  1 the person's streams
-- ARGV  1 its name
-- Returns: nothing.
redis.call('LREM', KEYS[1], 1, ARGV[1])
