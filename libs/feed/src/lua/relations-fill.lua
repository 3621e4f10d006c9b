-- Keeps a reader's relations as PostgreSQL answered them, if they are still of the present generation.
-- KEYS  1 the reader's hash · 2 the relations
-- ARGV  1 the generation that was present before PostgreSQL was asked · 2 the relations, packed · 3 seconds to live
-- Answer: nothing.
if redis.call('HGET', KEYS[1], 'g') == ARGV[1] then
  redis.call('SET', KEYS[2], ARGV[2], 'EX', ARGV[3])
end
