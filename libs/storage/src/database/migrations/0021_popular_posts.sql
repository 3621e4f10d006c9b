-- What explore shows, kept as counts are folded: nobody ever looks through all posts for it.
CREATE TABLE popular_posts (
  shard smallint NOT NULL,
  post_id bigint NOT NULL,
  score double precision NOT NULL,
  PRIMARY KEY (shard, post_id)
);
CREATE INDEX popular_posts_best ON popular_posts (score DESC, post_id DESC);
COMMENT ON TABLE popular_posts IS 'The some thousand public posts with the most likes for their age';
COMMENT ON COLUMN popular_posts.shard IS 'Logical shard 0-8191 where this row lives: shard_of() of the id that owns it';
COMMENT ON COLUMN popular_posts.post_id IS 'Which post';
COMMENT ON COLUMN popular_posts.score IS 'log2 of its likes plus the half-lives from 2026 to its id: never rewritten for time that passes';

-- Those of the last week, found along the key: each shard's newest.
INSERT INTO popular_posts (shard, post_id, score)
  SELECT p.shard, p.id, log(2, p.likes_count) + (p.id >> 23) / 43200000.0
  FROM generate_series(0, 8191) AS series(number)
  JOIN posts p ON p.shard = series.number::smallint
    AND p.id > (floor(extract(epoch FROM now() - interval '7 days') * 1000)::bigint - 1767225600000) << 23
  JOIN users u ON u.shard = p.shard AND u.id = p.author_id
  WHERE p.likes_count > 0 AND p.state = 'published' AND NOT p.archived AND NOT u.private AND u.closed_at IS NULL
  ORDER BY 3 DESC LIMIT 1000;
