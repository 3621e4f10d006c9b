-- Reads the counts and versions of posts, with their authors' versions.
-- KEYS  posts of one group
-- Returns: one string per post, joined by spaces: likes,comments,version,author,author's version ('' when that is absent);
-- 'gone'; or '' when the post is absent (see counts.ts: the format).
--
-- Authors' keys are not among KEYS, because only the post's value names its author; they are in the same bucket.
local texts = redis.call('MGET', unpack(KEYS))
local authors, asked = {}, {}
for index, text in ipairs(texts) do
  local author = text and string.match(text, ',(%d+);')
  if author then
    local key = KEYS[index]
    asked[#asked + 1] = string.sub(key, 1, string.find(key, 'post:', 1, true) - 1) .. 'user:' .. author
    authors[#authors + 1] = index
  elseif text ~= 'gone' then
    texts[index] = ''
  end
end

if #asked > 0 then
  for position, user in ipairs(redis.call('MGET', unpack(asked))) do
    local index = authors[position]
    local version = user and string.match(user, ',(%d+);') or ''
    texts[index] = string.match(texts[index], '^[^;]*') .. ',' .. version
  end
end
return table.concat(texts, ' ')
