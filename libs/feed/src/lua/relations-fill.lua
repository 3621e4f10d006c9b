-- Caches a reader's relations as PostgreSQL answered them, if their generation is still current.
-- KEYS  1 the reader's hash · 2 the relations
-- ARGV  1 the generation that was current before PostgreSQL was read · 2 the relations, packed · 3 seconds to live
-- Returns: nothing.
if redis.call('HGET', KEYS[1], 'g') == ARGV[1] then
  redis.call('SET', KEYS[2], ARGV[2], 'EX', ARGV[3])
end
