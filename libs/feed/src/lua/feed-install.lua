-- Ends a build: merges PostgreSQL's answer with the posts that arrived meanwhile. Does nothing when the list was dropped, or
-- taken over, since its marker was set: then the answer may be older than a follow, a block or a post.
-- KEYS  1 the list
-- ARGV  1 the build's marker · 2 ids kept · 3 '1' when PostgreSQL has no more than these · 4 seconds to live · 5... ids,
--       newest first
-- Returns: 1 when installed, otherwise 0.
local key, marker, window, complete = KEYS[1], ARGV[1], tonumber(ARGV[2]), ARGV[3] == '1'
if redis.call('LINDEX', key, -1) ~= marker then return 0 end

local function isNewer(a, b)
  if #a == #b then return a > b end
  return #a > #b
end

local arrived = redis.call('LRANGE', key, 0, -2)
local merged, waiting = {}, 1
for index = 5, #ARGV do
  local id = ARGV[index]
  while waiting <= #arrived and isNewer(arrived[waiting], id) do
    merged[#merged + 1] = arrived[waiting]
    waiting = waiting + 1
  end
  if arrived[waiting] == id then waiting = waiting + 1 end
  merged[#merged + 1] = id
end
-- Posts that arrived below the last id belong to the list only if PostgreSQL has none below it.
if complete then
  while waiting <= #arrived do
    merged[#merged + 1] = arrived[waiting]
    waiting = waiting + 1
  end
end

if #merged > window then
  for index = #merged, window + 1, -1 do merged[index] = nil end
elseif complete then
  merged[#merged + 1] = '0'
end
redis.call('DEL', key)
for from = 1, #merged, 250 do
  redis.call('RPUSH', key, unpack(merged, from, math.min(from + 249, #merged)))
end
redis.call('EXPIRE', key, ARGV[4])
return 1
