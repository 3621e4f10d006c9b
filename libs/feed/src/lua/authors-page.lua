-- Merges the feeds of several authors into one page below a cursor.
-- KEYS  authors' feeds of one group
-- ARGV  1 before, or '' · 2 limit · 3 the lowest id of interest, exclusive
-- Returns: 1 ids, newest first, joined by commas · 2 the horizon: at and above it nothing is missing · 3 positions of the
-- absent feeds, joined by commas
local before, limit, lowest = ARGV[1], tonumber(ARGV[2]), ARGV[3]
local call = redis.call

local function isNewer(a, b)
  if #a == #b then return a > b end
  return #a > #b
end

-- Binary search: the first position whose entry is older than the cursor; the length if there is none.
local function search(key)
  local low, high = 0, call('LLEN', key)
  while low < high do
    local middle = math.floor((low + high) / 2)
    if isNewer(before, call('LINDEX', key, middle)) then high = middle else low = middle + 1 end
  end
  return low
end

local horizon, absent = '0', {}
-- Parallel arrays of the sources: each one's key, its current position, the entry there.
local sources, positions, heads, count = {}, {}, {}, 0

-- An author's list that does not end with 0 says nothing about posts below its last entry.
local function endsAt(floor)
  if isNewer(floor, horizon) then horizon = floor end
end

for index, key in ipairs(KEYS) do
  local head = call('LINDEX', key, 0)
  -- No post is inserted into an author's list while it is being built: then its head is the marker, and the tail need not be
  -- read.
  if not head or string.byte(head) == 45 then
    absent[#absent + 1] = index
  elseif isNewer(head, lowest) then
    local position = before == '' and 0 or search(key)
    local entry = position == 0 and head or call('LINDEX', key, position)
    if not entry then
      if call('LINDEX', key, -1) ~= '0' then endsAt(before) end
    elseif isNewer(entry, lowest) then
      count = count + 1
      sources[count], positions[count], heads[count] = key, position, entry
    end
  end
end

local ids = {}
while count > 0 and #ids < limit do
  local best = 1
  for index = 2, count do
    if isNewer(heads[index], heads[best]) then best = index end
  end
  local id = heads[best]
  ids[#ids + 1] = id
  positions[best] = positions[best] + 1
  local entry = call('LINDEX', sources[best], positions[best])
  if not entry then endsAt(id) end
  if entry and isNewer(entry, lowest) then
    heads[best] = entry
  else
    sources[best], positions[best], heads[best] = sources[count], positions[count], heads[count]
    count = count - 1
  end
end
return { table.concat(ids, ','), horizon, table.concat(absent, ',') }
