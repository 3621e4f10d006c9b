-- Invalidates readers' feeds and relations. A process that is building or filling one finds its marker or generation gone and
-- installs nothing; the next read gives the reader a generation that was never used.
-- KEYS  for each reader: feed, hash, relations
-- Returns: nothing.
for index = 1, #KEYS, 3 do
  redis.call('DEL', KEYS[index], KEYS[index + 2])
  redis.call('HDEL', KEYS[index + 1], 'g')
end
