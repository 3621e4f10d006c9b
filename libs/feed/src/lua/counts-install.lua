-- Ends a load or a settlement: writes what PostgreSQL answered, where the token is still this one.
-- KEYS  posts or users of one group
-- ARGV  1 the token · 2 '1' to write although counts changed since · 3 seconds to live · 4 seconds that 'gone' lives
--       5 how many fields · then their names · then for each key its values, '' first when there is no such row
-- Answer: positions of the keys whose counts changed since, joined by commas: read those again.
local token, force, count = ARGV[1], ARGV[2] == '1', tonumber(ARGV[5])
local changed = {}
for index, key in ipairs(KEYS) do
  local state = redis.call('HMGET', key, 't', 'x')
  if state[1] == token then
    local from = 5 + count * index
    if state[2] and not force then
      redis.call('HDEL', key, 'x')
      changed[#changed + 1] = index
    elseif ARGV[from + 1] == '' then
      redis.call('DEL', key)
      redis.call('HSET', key, 'gone', '1')
      redis.call('EXPIRE', key, ARGV[4])
    else
      for field = 1, count do
        redis.call('HSET', key, ARGV[5 + field], ARGV[from + field])
      end
      redis.call('HDEL', key, 't', 'x')
      redis.call('EXPIRE', key, ARGV[3])
    end
  end
end
return table.concat(changed, ',')
