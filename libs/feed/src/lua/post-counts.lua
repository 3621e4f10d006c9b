-- Reads the counts and versions of posts, with their authors' versions.
-- KEYS  posts of one group
-- Answer: a text for each, joined by semicolons: likes,comments,version,author,author's version ('' when that is absent);
-- 'gone'; or '' when the post is absent.
--
-- The author's key is not among KEYS, since only the post's hash names the author; it is of the same bucket.
local texts = {}
for index, key in ipairs(KEYS) do
  local post = redis.call('HMGET', key, 'l', 'c', 'v', 'a', 'gone')
  local text = ''
  if post[5] then
    text = 'gone'
  elseif post[1] and post[2] and post[3] and post[4] then
    local author = string.match(key, '^(.*:)post:%d+$') .. 'user:' .. post[4]
    local version = redis.call('HGET', author, 'v') or ''
    text = post[1] .. ',' .. post[2] .. ',' .. post[3] .. ',' .. post[4] .. ',' .. version
  end
  texts[index] = text
end
return table.concat(texts, ';')
