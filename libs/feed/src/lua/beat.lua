-- One process's heartbeat, and perhaps everybody's.
-- KEYS  the heartbeats
-- ARGV  1 the id of this process's life, 2 its facts in JSON, without the time, 3 whether to read all, 1 or 0,
--       4 for how many seconds the last heartbeat of all is kept
-- Returns: the server's time in seconds, and all heartbeats if they are read, each with the time `at` which it was written
local now = redis.call('TIME')[1]
redis.call('HSET', KEYS[1], ARGV[1], string.sub(ARGV[2], 1, -2) .. ',"at":' .. now .. '}')
if ARGV[3] == '0' then return { now } end
redis.call('EXPIRE', KEYS[1], ARGV[4])
return { now, redis.call('HVALS', KEYS[1]) }
