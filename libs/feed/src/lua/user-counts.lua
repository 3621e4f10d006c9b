-- Reads the counts and versions of users.
-- KEYS  users of one group
-- Returns: one string per user, joined by spaces: posts,followers,following,version; 'gone'; or '' when the user is absent (see
-- counts.ts: the format).
local texts = redis.call('MGET', unpack(KEYS))
for index, text in ipairs(texts) do
  texts[index] = text and string.match(text, '^[^;]*') or ''
end
return table.concat(texts, ' ')
