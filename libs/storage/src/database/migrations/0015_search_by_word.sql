-- transaction: none
-- The beginning of a name's first and last word, and of a username's last, each along a b-tree: a few letters have a million matches, of which a trigram
-- index makes a bitmap of all before the first is read (50 ms at a million people); a b-tree stops at the limit.
CREATE INDEX CONCURRENTLY IF NOT EXISTS users_search_first_word ON users (search_text(display_name) text_pattern_ops)
  WHERE closed_at IS NULL;
CREATE INDEX CONCURRENTLY IF NOT EXISTS users_search_last_name ON users
  (search_text(substring(username FROM '[^._]+$')) text_pattern_ops) WHERE closed_at IS NULL;
CREATE INDEX CONCURRENTLY IF NOT EXISTS users_search_last_word ON users
  (search_text(substring(display_name FROM '\S+$')) text_pattern_ops) WHERE closed_at IS NULL;
