-- Finds which of these posts a reader liked and saved (see liked-saved-cache.ts: the protocol).
-- KEYS  1 the reader's hash · 2 liked · 3 saved
-- ARGV  post ids
-- Returns: two strings, for liked and for saved, with one character per post: 1 yes, 0 no, ? ask PostgreSQL; or 'absent' when
-- nothing is known of any.
local state = redis.call('HMGET', KEYS[1], 'lf', 'ln', 'sf', 'sn')

local function isOlder(a, b)
  if #a == #b then return a < b end
  return #a < #b
end

local function marksOf(key, floor, changing)
  if changing or not floor or string.byte(floor) == 98 or redis.call('SISMEMBER', key, '0') == 0 then
    return 'absent'
  end
  local found = redis.call('SMISMEMBER', key, unpack(ARGV))
  if floor ~= '0' then
    for index, id in ipairs(ARGV) do
      if isOlder(id, floor) then found[index] = '?' end
    end
  end
  return table.concat(found)
end

return { marksOf(KEYS[2], state[1], state[2]), marksOf(KEYS[3], state[3], state[4]) }
