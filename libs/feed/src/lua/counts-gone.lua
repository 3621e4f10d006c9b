-- Remembers that posts or users are deleted; whoever loads one of them finds the token gone and installs nothing.
-- KEYS  posts or users of one group
-- ARGV  1 seconds to live
-- Answer: nothing.
for _, key in ipairs(KEYS) do redis.call('SET', key, 'gone', 'EX', ARGV[1]) end
