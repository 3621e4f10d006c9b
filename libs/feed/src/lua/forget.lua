-- Drops keys, so that they are read anew.
-- KEYS  keys of one group
-- Answer: nothing.
for index = 1, #KEYS do redis.call('DEL', KEYS[index]) end
