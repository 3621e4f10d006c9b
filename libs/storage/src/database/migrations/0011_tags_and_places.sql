-- Tags and places belong to nobody: their shard is drawn from their name, and what is said under them lives with them.
CREATE TABLE tags (
  shard smallint NOT NULL,
  id bigint NOT NULL,
  name text NOT NULL,
  posts_count integer NOT NULL DEFAULT 0,
  PRIMARY KEY (shard, id)
);
CREATE UNIQUE INDEX tags_by_name ON tags (shard, name);
COMMENT ON TABLE tags IS 'Hashtags, each once; on the shard of their name';
COMMENT ON COLUMN tags.shard IS 'Logical shard 0-8191 where this row lives: shard_of() of the id that owns it';
COMMENT ON COLUMN tags.id IS 'Made by next_id on the shard that is drawn from the name';
COMMENT ON COLUMN tags.name IS 'Without its sign, folded by the one folding function';
COMMENT ON COLUMN tags.posts_count IS 'Counted rows of post_tags; folded from count_deltas';

CREATE TABLE post_tags (
  shard smallint NOT NULL,
  tag_id bigint NOT NULL,
  post_id bigint NOT NULL,
  counted boolean NOT NULL,
  PRIMARY KEY (shard, tag_id, post_id)
);
COMMENT ON TABLE post_tags IS 'Published posts that are not archived, by the tags of their captions; on the tag''s shard';
COMMENT ON COLUMN post_tags.shard IS 'Logical shard 0-8191 where this row lives: shard_of() of the id that owns it';
COMMENT ON COLUMN post_tags.tag_id IS 'A tag of the caption';
COMMENT ON COLUMN post_tags.post_id IS 'The post; a tag''s page is read by it, newest first';
COMMENT ON COLUMN post_tags.counted IS 'Whether its author is public: what private people say shows in no count';

CREATE TABLE places (
  shard smallint NOT NULL,
  id bigint NOT NULL,
  name text NOT NULL,
  shown text NOT NULL,
  latitude double precision,
  longitude double precision,
  posts_count integer NOT NULL DEFAULT 0,
  PRIMARY KEY (shard, id)
);
CREATE UNIQUE INDEX places_by_name ON places (shard, name);
COMMENT ON TABLE places IS 'Places of posts, each name once; on the shard of their name';
COMMENT ON COLUMN places.shard IS 'Logical shard 0-8191 where this row lives: shard_of() of the id that owns it';
COMMENT ON COLUMN places.id IS 'Made by next_id on the shard that is drawn from the name';
COMMENT ON COLUMN places.name IS 'Folded by the one folding function, spaces of any kind as one';
COMMENT ON COLUMN places.shown IS 'As a public post spelt it first, NFC; empty until one did';
COMMENT ON COLUMN places.latitude IS 'Degrees, -90 to 90, from the first public post that had them';
COMMENT ON COLUMN places.longitude IS 'Degrees, -180 to 180, from the first public post that had them';
COMMENT ON COLUMN places.posts_count IS 'Counted rows of post_places; folded from count_deltas';

CREATE TABLE post_places (
  shard smallint NOT NULL,
  place_id bigint NOT NULL,
  post_id bigint NOT NULL,
  counted boolean NOT NULL,
  PRIMARY KEY (shard, place_id, post_id)
);
COMMENT ON TABLE post_places IS 'Published posts that are not archived, by their place; on the place''s shard';
COMMENT ON COLUMN post_places.shard IS 'Logical shard 0-8191 where this row lives: shard_of() of the id that owns it';
COMMENT ON COLUMN post_places.place_id IS 'The post''s place';
COMMENT ON COLUMN post_places.post_id IS 'The post; a place''s posts are read by it, newest first';
COMMENT ON COLUMN post_places.counted IS 'Whether its author is public: what private people say shows in no count';
