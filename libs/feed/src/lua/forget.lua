-- Drops keys, so that they are read again.
-- KEYS  keys of one group
-- Returns: nothing.
for index = 1, #KEYS do redis.call('DEL', KEYS[index]) end
