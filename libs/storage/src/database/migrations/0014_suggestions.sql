-- People to follow, worked out ahead for each reader.
CREATE TABLE suggestions (
  shard smallint NOT NULL,
  user_id bigint NOT NULL,
  suggested_id bigint NOT NULL,
  id bigint NOT NULL,
  common smallint NOT NULL,
  PRIMARY KEY (shard, user_id, suggested_id)
);
CREATE INDEX suggestions_best ON suggestions (shard, user_id, id DESC);
COMMENT ON TABLE suggestions IS 'Whom a person may want to follow, worked out by the worker; on the person''s shard';
COMMENT ON COLUMN suggestions.shard IS 'Logical shard 0-8191 where this row lives: shard_of() of the id that owns it';
COMMENT ON COLUMN suggestions.user_id IS 'To whom it is suggested';
COMMENT ON COLUMN suggestions.suggested_id IS 'Who is suggested';
COMMENT ON COLUMN suggestions.id IS 'Orders the list: the best was written last';
COMMENT ON COLUMN suggestions.common IS 'How many of those whom the person follows follow them; 0 for the popular';

CREATE TABLE suggestion_states (
  shard smallint NOT NULL,
  user_id bigint NOT NULL,
  asked_at timestamptz NOT NULL,
  PRIMARY KEY (shard, user_id)
);
COMMENT ON TABLE suggestion_states IS 'When a person''s suggestions were last asked to be worked out';
COMMENT ON COLUMN suggestion_states.shard IS 'Logical shard 0-8191 where this row lives: shard_of() of the id that owns it';
COMMENT ON COLUMN suggestion_states.user_id IS 'Whose suggestions';
COMMENT ON COLUMN suggestion_states.asked_at IS 'Older than a day, or than the newest follow, it is done again on the next read';

CREATE TABLE suggestion_dismissals (
  shard smallint NOT NULL,
  user_id bigint NOT NULL,
  dismissed_id bigint NOT NULL,
  PRIMARY KEY (shard, user_id, dismissed_id)
);
COMMENT ON TABLE suggestion_dismissals IS 'Whom a person does not want suggested again, for good';
COMMENT ON COLUMN suggestion_dismissals.shard IS 'Logical shard 0-8191 where this row lives: shard_of() of the id that owns it';
COMMENT ON COLUMN suggestion_dismissals.user_id IS 'Who dismissed';
COMMENT ON COLUMN suggestion_dismissals.dismissed_id IS 'Whom';

-- An index of users by followers_count would end HOT updates of every count; this small table is kept beside it by the fold.
CREATE TABLE popular_people (
  shard smallint NOT NULL,
  user_id bigint NOT NULL,
  followers integer NOT NULL,
  PRIMARY KEY (shard, user_id)
);
CREATE INDEX popular_people_most ON popular_people (followers DESC);
COMMENT ON TABLE popular_people IS 'The some thousand people with the most followers, as folds of their counts pass by';
COMMENT ON COLUMN popular_people.shard IS 'Logical shard 0-8191 where this row lives: shard_of() of the id that owns it';
COMMENT ON COLUMN popular_people.user_id IS 'Who';
COMMENT ON COLUMN popular_people.followers IS 'Followers when their count was last folded';

INSERT INTO popular_people (shard, user_id, followers)
  SELECT shard, id, followers_count FROM users WHERE closed_at IS NULL AND followers_count > 0
  ORDER BY followers_count DESC LIMIT 1000;
