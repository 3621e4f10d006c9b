-- Adds a committed delta to a count that is cached, and tells whoever loads it that it changed.
-- KEYS  1 the post or user
-- ARGV  1 the count's field · 2 the delta
-- Answer: nothing.
local state = redis.call('HMGET', KEYS[1], ARGV[1], 't')
if state[1] then redis.call('HINCRBY', KEYS[1], ARGV[1], ARGV[2]) end
if state[2] then redis.call('HINCRBY', KEYS[1], 'x', 1) end
