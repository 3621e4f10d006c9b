-- Begins to load a reader's liked or saved posts, unless one of them is being changed.
-- KEYS  1 the reader's hash · 2 the set
-- ARGV  1 field prefix: l or s · 2 this load's token · 3 seconds after which a change counts as dead · 4 seconds that the
--       hash lives
-- Returns: 1 to load, 0 to skip.
local reader, prefix = KEYS[1], ARGV[1]
local changing = redis.call('HGET', reader, prefix .. 't')
if changing and redis.call('TIME')[1] - changing < tonumber(ARGV[3]) then return 0 end
redis.call('DEL', KEYS[2])
redis.call('HDEL', reader, prefix .. 'n', prefix .. 't')
redis.call('HSET', reader, prefix .. 'f', 'b' .. ARGV[2])
redis.call('EXPIRE', reader, ARGV[4])
return 1
