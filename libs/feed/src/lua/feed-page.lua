-- Reads one page of a home feed, and the current generation of its reader's relations.
-- KEYS  1 the feed · 2 the reader's hash · 3 the reader's relations
-- ARGV  1 before, or '' · 2 after, or '' · 3 limit · 4 a fresh token · 5 the generation that the caller has, or ''
--       6 seconds that an idle feed lives · 7 this read prolongs a feed with fewer seconds left
-- Returns: 1 generation · 2 state · 3 ids, joined by commas · 4 the feed's last entry (its floor, or 0) · 5 the relations, when
-- they are cached and the caller has another generation
--   state: absent, building; below: the cursor is below the floor; end: nothing beyond in this direction;
--   more: the list holds more; floor: the list ends here, PostgreSQL continues
local feed, reader, relations = KEYS[1], KEYS[2], KEYS[3]
local before, after, limit = ARGV[1], ARGV[2], tonumber(ARGV[3])
local call = redis.call

local generation = call('HGET', reader, 'g')
if not generation then
  generation = ARGV[4]
  call('HSET', reader, 'g', generation)
  call('EXPIRE', reader, ARGV[6] + 86400)
end

local function answer(state, ids, tail)
  local known = ''
  if generation ~= ARGV[5] then known = call('GET', relations) or '' end
  return { generation, state, table.concat(ids, ','), tail, known }
end

local tail = call('LINDEX', feed, -1)
if not tail then return answer('absent', {}, '') end
if string.byte(tail) == 45 then return answer('building', {}, '') end
if call('TTL', feed) < tonumber(ARGV[7]) then
  call('EXPIRE', feed, ARGV[6])
  call('EXPIRE', reader, ARGV[6] + 86400)
end

local function isNewer(a, b)
  if #a == #b then return a > b end
  return #a > #b
end

-- Binary search: the first position whose entry is not newer than the id (or older, if `beyond`); the length if there is none.
local function search(id, beyond)
  local low, high = 0, call('LLEN', feed)
  while low < high do
    local middle = math.floor((low + high) / 2)
    local entry = call('LINDEX', feed, middle)
    if isNewer(entry, id) or (beyond and entry == id) then low = middle + 1 else high = middle end
  end
  return low
end

if after ~= '' then
  local position = search(after, false)
  if tail ~= '0' and isNewer(tail, after) then return answer('below', {}, tail) end
  local from = math.max(0, position - limit)
  local ids = position > 0 and call('LRANGE', feed, from, position - 1) or {}
  return answer(from == 0 and 'end' or 'more', ids, tail)
end

local from = before == '' and 0 or search(before, true)
local ids = call('LRANGE', feed, from, from + limit)
local count = #ids
if count > 0 and ids[count] == '0' then
  ids[count] = nil
  return answer('end', ids, tail)
end
if count > limit then
  ids[count] = nil
  return answer('more', ids, tail)
end
-- A cursor below a complete list is past its end; below any other, PostgreSQL continues.
return answer(tail == '0' and 'end' or 'floor', ids, tail)
