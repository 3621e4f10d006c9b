-- The newest posts of several authors.
-- KEYS  authors' feeds of one group
-- ARGV  1 how many of each
-- Returns: one string per feed, its ids joined by commas, with 0 at the end when there are no others; '' when the feed is
-- absent or being built.
local most = tonumber(ARGV[1])
local heads = {}
for index, key in ipairs(KEYS) do
  local ids = redis.call('LRANGE', key, 0, most - 1)
  -- No post is inserted into an author's list while it is being built: then its head is the marker.
  if not ids[1] or string.byte(ids[1]) == 45 then heads[index] = '' else heads[index] = table.concat(ids, ',') end
end
return heads
