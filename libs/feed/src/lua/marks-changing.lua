-- Reports that a transaction is about to change a mark: until it ends, PostgreSQL answers for this reader.
-- KEYS  1 the reader's hash
-- ARGV  1 field prefix · 2 seconds that the hash lives
-- Returns: nothing.
local reader, prefix = KEYS[1], ARGV[1]
local floor = redis.call('HGET', reader, prefix .. 'f')
if floor and string.byte(floor) == 98 then redis.call('HDEL', reader, prefix .. 'f') end
redis.call('HINCRBY', reader, prefix .. 'n', 1)
redis.call('HSET', reader, prefix .. 't', redis.call('TIME')[1])
redis.call('EXPIRE', reader, ARGV[2])
