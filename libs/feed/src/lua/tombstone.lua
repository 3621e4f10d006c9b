-- Records that something is over: a process that is loading it finds the token gone and installs nothing, and a process that
-- caches an earlier lookup finds the key taken.
-- KEYS  posts, users or sessions of one group
-- ARGV  1 the value to write · 2 seconds to live
-- Returns: nothing.
--
-- A Redis without free memory refuses a write as a script's first change, but not after a deletion.
for _, key in ipairs(KEYS) do
  redis.call('DEL', key)
  redis.call('SET', key, ARGV[1], 'EX', ARGV[2])
end
