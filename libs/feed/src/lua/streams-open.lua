-- Records a stream as a person's newest.
-- KEYS  1 the person's streams
-- ARGV  1 its name · 2 how many a person may have · 3 seconds to live
-- Returns: the names of the streams above the limit, the oldest ones.
redis.call('LPUSH', KEYS[1], ARGV[1])
local surplus = redis.call('LRANGE', KEYS[1], ARGV[2], -1)
redis.call('LTRIM', KEYS[1], 0, ARGV[2] - 1)
redis.call('EXPIRE', KEYS[1], ARGV[3])
return surplus
