-- Reads the counts and versions of users.
-- KEYS  users of one group
-- Answer: a text for each, joined by spaces: posts,followers,following,version; 'gone'; or '' when the user is absent
-- (see counts.ts: how counts are kept).
local texts = redis.call('MGET', unpack(KEYS))
for index, text in ipairs(texts) do
  texts[index] = text and string.match(text, '^[^;]*') or ''
end
return table.concat(texts, ' ')
