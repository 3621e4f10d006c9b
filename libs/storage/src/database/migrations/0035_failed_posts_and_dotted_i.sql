-- İ in lower case was kept as an i with a dot above it: #İstanbul and #istanbul were two tags. The folding function now makes
-- one of them, so what stands under the first moves to the second.
DO $$
DECLARE
  old record;
  new_name text;
  hashed bytea;
  new_shard integer;
  new_id bigint;
BEGIN
  FOR old IN SELECT shard, id, name FROM tags WHERE strpos(name, U&'i\0307') > 0 ORDER BY shard, id LOOP
    new_name := normalize(replace(old.name, U&'i\0307', 'i'), NFKC);
    hashed := sha256(convert_to(new_name, 'UTF8'));
    new_shard := (get_byte(hashed, 0) * 256 + get_byte(hashed, 1)) >> 3;
    INSERT INTO tags (shard, id, name) VALUES (new_shard, next_id(new_shard), new_name) ON CONFLICT (shard, name) DO NOTHING;
    SELECT id INTO STRICT new_id FROM tags WHERE shard = new_shard AND name = new_name;
    INSERT INTO search_words (shard, subject_id, word, kind, whole, rank)
      SELECT new_shard, new_id, w.word, 'tag', w.whole, 0 FROM search_words(new_name) AS w ON CONFLICT DO NOTHING;
    -- A delta holds 32,767 at most.
    WITH moved AS (
      INSERT INTO post_tags (shard, tag_id, post_id, counted)
        SELECT new_shard, new_id, post_id, counted FROM post_tags WHERE shard = old.shard AND tag_id = old.id
        ON CONFLICT DO NOTHING RETURNING counted),
    numbered AS (SELECT row_number() OVER () / 30000 AS part FROM moved WHERE counted)
    INSERT INTO count_deltas (shard, subject_id, counter, delta)
      SELECT new_shard, new_id, 'tag.posts', count(*) FROM numbered GROUP BY part;
    DELETE FROM post_tags WHERE shard = old.shard AND tag_id = old.id;
    DELETE FROM search_words WHERE shard = old.shard AND subject_id = old.id;
    DELETE FROM count_deltas WHERE shard = old.shard AND subject_id = old.id;
    DELETE FROM tags WHERE shard = old.shard AND id = old.id;
  END LOOP;
END $$;

-- What a post that failed was made of: its author is shown which photos were good, and posts those again. Last, since it
-- keeps everybody from the table until the end.
ALTER TABLE posts ADD COLUMN IF NOT EXISTS released_photo_ids bigint[];
COMMENT ON COLUMN posts.released_photo_ids IS 'Its photos in order, which may be posted again; null unless failed';
