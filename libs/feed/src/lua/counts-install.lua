-- Ends a load or a settlement: writes PostgreSQL's answer to the keys that still hold this token.
-- KEYS  posts or users of one group
-- ARGV  1 the token · 2 '1' to write although counts changed since · 3 seconds to live · 4 seconds that 'gone' lives
--       5... for each key its values, joined by commas; '' when there is no such row
-- Returns: positions of the keys whose counts changed since, joined by commas: read those again.
local token, force = ARGV[1], ARGV[2] == '1'
local changed = {}
for index, key in ipairs(KEYS) do
  local text = redis.call('GET', key) or ''
  local values, standing, changes = string.match(text, '^(.*);(.+),(%d+)$')
  if standing == token then
    local read = ARGV[4 + index]
    if changes ~= '0' and not force then
      redis.call('SET', key, values .. ';' .. token .. ',0', 'KEEPTTL')
      changed[#changed + 1] = index
    elseif read == '' then
      redis.call('SET', key, 'gone', 'EX', ARGV[4])
    else
      redis.call('SET', key, read .. ';', 'EX', ARGV[3])
    end
  end
end
return table.concat(changed, ',')
