-- Remembers that posts or users are deleted; whoever loads one of them finds the token gone and installs nothing.
-- KEYS  posts or users of one group
-- ARGV  1 seconds to live
-- Answer: nothing.
for _, key in ipairs(KEYS) do
  redis.call('DEL', key)
  redis.call('HSET', key, 'gone', '1')
  redis.call('EXPIRE', key, ARGV[1])
end
