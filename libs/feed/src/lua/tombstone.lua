-- Remembers that something is over: whoever loads it finds the token gone and installs nothing, and whoever keeps what
-- was looked up before finds the key taken. Where there is no memory for that, it is forgotten, which the next read heals.
-- KEYS  posts, users or sessions of one group
-- ARGV  1 what is written · 2 seconds to live
-- Answer: nothing.
for _, key in ipairs(KEYS) do
  redis.call('DEL', key)
  redis.pcall('SET', key, ARGV[1], 'EX', ARGV[2])
end
