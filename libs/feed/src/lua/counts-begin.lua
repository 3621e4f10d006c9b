-- Begins to load or to settle counts (see counts.ts: the protocol).
-- KEYS  posts or users of one group
-- ARGV  1 this load's token · 2 'load': those that are absent, or 'settle': those that are here · 3 seconds that an
--       unfinished load is kept
-- Answer: nothing.
local token, settles = ARGV[1], ARGV[2] == 'settle'
for _, key in ipairs(KEYS) do
  local here = redis.call('HEXISTS', key, 'v') == 1
  if here == settles then
    redis.call('HSET', key, 't', token)
    redis.call('HDEL', key, 'x')
    if not here then redis.call('EXPIRE', key, ARGV[3]) end
  elseif settles and redis.call('HEXISTS', key, 't') == 1 then
    -- Whoever loads it may have read before the deltas that are settled now.
    redis.call('DEL', key)
  end
end
