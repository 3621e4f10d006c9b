-- Reads the counts and versions of users.
-- KEYS  users of one group
-- Answer: a text for each, joined by semicolons: posts,followers,following,version; 'gone'; or '' when the user is absent.
local texts = {}
for index, key in ipairs(KEYS) do
  local user = redis.call('HMGET', key, 'p', 'r', 'g', 'v', 'gone')
  local text = ''
  if user[5] then
    text = 'gone'
  elseif user[1] and user[2] and user[3] and user[4] then
    text = user[1] .. ',' .. user[2] .. ',' .. user[3] .. ',' .. user[4]
  end
  texts[index] = text
end
return table.concat(texts, ';')
