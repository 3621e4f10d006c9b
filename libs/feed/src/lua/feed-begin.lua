-- Begins to build a list, unless it exists or another process builds it.
-- KEYS  1 the list
-- ARGV  1 six random digits · 2 milliseconds after which another builder counts as dead · 3 seconds until an unfinished
--       list expires
-- Returns: this build's marker, or '' when there is nothing to build.
--
-- The list begins as its marker alone, so that posts inserted while PostgreSQL is read are kept in it.
local key = KEYS[1]
local tail = redis.call('LINDEX', key, -1)
if tail and string.byte(tail) ~= 45 then return '' end

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if tail and now - tonumber(string.sub(tail, 2, -7)) <= tonumber(ARGV[2]) then return '' end

local marker = string.format('-%.0f%s', now, ARGV[1])
if tail then
  redis.call('LSET', key, -1, marker)
else
  redis.call('RPUSH', key, marker)
end
redis.call('EXPIRE', key, ARGV[3])
return marker
