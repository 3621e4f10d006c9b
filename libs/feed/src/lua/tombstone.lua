-- Remembers that something is over: whoever loads it finds the token gone and installs nothing, and whoever keeps what
-- was looked up before finds the key taken.
-- KEYS  posts, users or sessions of one group
-- ARGV  1 what is written · 2 seconds to live
-- Answer: nothing.
--
-- A Redis that has no memory left refuses what needs some as a script's first change, and not after a deletion.
for _, key in ipairs(KEYS) do
  redis.call('DEL', key)
  redis.call('SET', key, ARGV[1], 'EX', ARGV[2])
end
