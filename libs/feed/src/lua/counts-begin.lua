-- Begins to load or to settle counts (see counts.ts: the protocol).
-- KEYS  posts or users of one group
-- ARGV  1 this load's token · 2 'load': those that are absent, or 'settle': those that are cached · 3 seconds until an
--       unfinished load expires
-- Returns: nothing.
local token, settles = ARGV[1], ARGV[2] == 'settle'
for _, key in ipairs(KEYS) do
  local text = redis.call('GET', key) or ';'
  local values = string.match(text, '^(.*);')
  if values and values ~= '' then
    if settles then redis.call('SET', key, values .. ';' .. token .. ',0', 'KEEPTTL') end
  elseif values and not settles then
    redis.call('SET', key, ';' .. token .. ',0', 'EX', ARGV[3])
  elseif values then
    -- The process that loads it may have read before the deltas that are settled now.
    redis.call('DEL', key)
  end
end
