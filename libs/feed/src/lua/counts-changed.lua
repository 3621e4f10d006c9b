-- Adds a committed delta to a cached count, and marks it as changed for a process that is loading it.
-- KEYS  1 the post or user
-- ARGV  1 the count's position among the values, from 1 · 2 the delta
-- Returns: nothing.
local values, load = string.match(redis.call('GET', KEYS[1]) or '', '^(.*);(.*)$')
if not values then return end

local place, parts = tonumber(ARGV[1]), {}
for part in string.gmatch(values, '[^,]+') do parts[#parts + 1] = part end
if parts[place] then parts[place] = string.format('%d', parts[place] + ARGV[2]) end

local token, changes = string.match(load, '^(.+),(%d+)$')
if token then load = token .. ',' .. (changes + 1) end
redis.call('SET', KEYS[1], table.concat(parts, ',') .. ';' .. load, 'KEEPTTL')
