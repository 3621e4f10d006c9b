-- Ends the load of a reader's liked or saved posts, unless one was changed since it began.
-- KEYS  1 the reader's hash · 2 the set
-- ARGV  1 field prefix · 2 the load's token · 3 the floor: every marked post from this id on is among these · 4 seconds to
--       live · 5... post ids
-- Returns: nothing.
--
-- Redis stores a set of up to 512 integers in 8 bytes each. The member 0 tells an empty set from one that was evicted.
local reader, field = KEYS[1], ARGV[1] .. 'f'
if redis.call('HGET', reader, field) ~= 'b' .. ARGV[2] then return end
redis.call('DEL', KEYS[2])
redis.call('SADD', KEYS[2], '0', unpack(ARGV, 5))
redis.call('EXPIRE', KEYS[2], ARGV[4])
redis.call('HSET', reader, field, ARGV[3])
