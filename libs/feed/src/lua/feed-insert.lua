-- Inserts one post into those of these lists that exist: newest first, without duplicates, never below a list's floor.
-- KEYS  lists of one group (home feeds or authors' feeds)
-- ARGV  1 the post's id · 2 ids kept by a trim · 3 entries above which a list is trimmed (more than are kept: trims are rare)
--       4 for a list that is being built: 'keep' the post in it, or 'drop' the list, so that it is built anew
-- Returns: how many of the lists exist.
--
-- Ids have up to 19 digits, more than a Lua number holds: they are compared by length, then as text. A list's last entry marks
-- its state: 0 when it is complete, -<time><random> while it is being built, otherwise the floor.
local id, window, most, drops = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4] == 'drop'
local width = #id
local call, keys = redis.call, KEYS
local BLOCK = 16

local function isMarker(entry)
  return string.byte(entry) == 45
end

local function isOlder(entry)
  local length = #entry
  if length == width then return entry < id end
  return length < width or isMarker(entry)
end

-- Returns the new length, or nothing when the list has the post already or the post is below the floor.
local function place(key)
  local from = 1
  while true do
    local block = call('LRANGE', key, from, from + BLOCK - 1)
    for _, entry in ipairs(block) do
      if entry == id then return end
      if isOlder(entry) then return call('LINSERT', key, 'BEFORE', entry, id) end
    end
    if #block < BLOCK then return end
    from = from + BLOCK
  end
end

local existing = 0
for index = 1, #keys do
  local key = keys[index]
  local head = call('LINDEX', key, '0')
  if head then
    existing = existing + 1
    local length
    -- Same as isOlder, inlined: this is a third of the cost of a post by somebody with many followers.
    local digits = #head
    if digits < width or (digits == width and head < id) then
      length = call('LPUSHX', key, id)
    elseif isMarker(head) then
      if drops then call('DEL', key) else length = call('LPUSHX', key, id) end
    elseif head ~= id then
      length = place(key)
    end
    if length and length > most and not isMarker(call('LINDEX', key, '-1')) then
      call('LTRIM', key, 0, window - 1)
    end
  end
end
return existing
