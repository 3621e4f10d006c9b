-- Reports the end of a transaction that changed a mark.
-- KEYS  1 the reader's hash · 2 the set
-- ARGV  1 field prefix · 2 the post's id · 3 '1' marked, '0' not marked, '?' unknown, so drop the set · 4 the set's cap
-- Returns: nothing.
local reader, set, prefix, post, marked = KEYS[1], KEYS[2], ARGV[1], ARGV[2], ARGV[3]
if redis.call('HINCRBY', reader, prefix .. 'n', -1) <= 0 then
  redis.call('HDEL', reader, prefix .. 'n', prefix .. 't')
end

local floor = redis.call('HGET', reader, prefix .. 'f')
local function drop()
  redis.call('DEL', set)
  redis.call('HDEL', reader, prefix .. 'f')
end

if not floor then return end
if string.byte(floor) == 98 or marked == '?' or redis.call('SISMEMBER', set, '0') == 0 then return drop() end
if #post < #floor or (#post == #floor and post < floor) then return end
redis.call(marked == '1' and 'SADD' or 'SREM', set, post)
if redis.call('SCARD', set) > tonumber(ARGV[4]) then drop() end
