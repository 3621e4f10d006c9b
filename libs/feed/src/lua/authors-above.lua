-- Merges the feeds of several authors into the page just above a cursor.
-- KEYS  authors' feeds of one group
-- ARGV  1 after · 2 limit
-- Returns: 1 the nearest ids above the cursor, of each author, joined by commas · 2 '1' when a feed does not reach down to the
-- cursor, otherwise '' · 3 positions of the absent feeds, joined by commas
local after, limit = ARGV[1], tonumber(ARGV[2])
local call = redis.call

local function isNewer(a, b)
  if #a == #b then return a > b end
  return #a > #b
end

-- Binary search: the first position whose entry is not newer than the cursor; the length if there is none.
local function search(key)
  local low, high = 0, call('LLEN', key)
  while low < high do
    local middle = math.floor((low + high) / 2)
    if isNewer(call('LINDEX', key, middle), after) then low = middle + 1 else high = middle end
  end
  return low
end

local ids, short, absent = {}, '', {}
for index, key in ipairs(KEYS) do
  local tail = call('LINDEX', key, -1)
  if not tail or string.byte(tail) == 45 then
    absent[#absent + 1] = index
  else
    if tail ~= '0' and isNewer(tail, after) then short = '1' end
    local position = isNewer(call('LINDEX', key, 0), after) and search(key) or 0
    if position > 0 then
      for _, id in ipairs(call('LRANGE', key, math.max(0, position - limit), position - 1)) do
        ids[#ids + 1] = id
      end
    end
  end
end
return { table.concat(ids, ','), short, table.concat(absent, ',') }
