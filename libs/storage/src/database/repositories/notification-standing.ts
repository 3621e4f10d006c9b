/** How many of a post's newest comments are searched for one by a named person. */
const LOOKED_AT = 1_000;

const postShard = 'shard_of(n.post_id)';
const subject = `split_part(n.group_key, ':', 2)::bigint`;
/** More people did it than are named: then anybody's act counts. */
const hasMore = 'n.count > cardinality(n.actors)';
const by = (person: string): string =>
  `(${person} = ANY(here.actors) OR ${hasMore} AND ${person} <> n.user_id)`;

const post = `EXISTS (SELECT FROM posts p WHERE p.shard = ${postShard} AND p.id = n.post_id
  AND (NOT p.archived OR p.author_id = n.user_id))`;

const comment = (id: string, more = ''): string => `EXISTS (SELECT FROM comments c
  WHERE c.shard = ${postShard} AND c.id = ${id} AND NOT c.hidden AND NOT c.deleted ${more})`;

/** Checks the newest comment first, by its key: it usually exists. */
const comments = (where: string): string => `(${comment('n.comment_id', `AND ${by('c.author_id')}`)}
  OR EXISTS (SELECT FROM (
      SELECT author_id, reply_to FROM comments
      WHERE shard = ${postShard} AND ${where} AND NOT hidden AND NOT deleted ORDER BY id DESC LIMIT ${LOOKED_AT}) c
    WHERE ${by('c.author_id')} AND (n.type = 'reply' OR NOT EXISTS (SELECT FROM comments r
      WHERE r.shard = ${postShard} AND r.id = c.reply_to AND r.author_id = n.user_id))))`;

/** Named people are looked up by key; an index finds anybody else. */
const likes = (table: string, key: string, id: string): string => `(EXISTS (SELECT FROM ${table} l
    WHERE l.shard = ${postShard} AND l.${key} = ${id} AND l.user_id = ANY(here.actors) AND NOT l.hidden)
  OR ${hasMore} AND EXISTS (SELECT FROM ${table} l
    WHERE l.shard = ${postShard} AND l.${key} = ${id} AND l.user_id <> n.user_id AND NOT l.hidden))`;

const followers = (which: string): string => `(EXISTS (SELECT FROM followers f
    WHERE f.shard = n.shard AND f.followee_id = n.user_id AND f.follower_id = ANY(here.actors) AND f.id > 0 AND ${which})
  OR ${hasMore} AND EXISTS (SELECT FROM followers f
    WHERE f.shard = n.shard AND f.followee_id = n.user_id AND f.id > 0 AND ${which}))`;

/** A notification's actors whose accounts are open. */
const here = `CROSS JOIN LATERAL (SELECT coalesce(array_agg(u.id), '{}') AS actors FROM unnest(n.actors) AS a(id)
  JOIN users u ON u.shard = shard_of(a.id) AND u.id = a.id AND u.closed_at IS NULL) AS here`;

const stands = `(cardinality(here.actors) > 0 OR ${hasMore}) AND (n.post_id IS NULL OR ${post}) AND CASE n.type
  WHEN 'like' THEN ${likes('post_likes', 'post_id', 'n.post_id')}
  WHEN 'comment' THEN ${comments('post_id = n.post_id')}
  WHEN 'reply' THEN ${comment(subject)} AND ${comments(`reply_to = ${subject}`)}
  WHEN 'comment_like' THEN ${comment('n.comment_id')} AND ${likes('comment_likes', 'comment_id', 'n.comment_id')}
  WHEN 'mention' THEN CASE WHEN n.comment_id IS NOT NULL THEN ${comment('n.comment_id')}
    ELSE EXISTS (SELECT FROM posts p WHERE p.shard = ${postShard} AND p.id = n.post_id AND p.caption_entities
      @> jsonb_build_array(jsonb_build_object('type', 'mention', 'userId', n.user_id::text))) END
  WHEN 'follow' THEN ${followers(`f.accepted AND f.id > ${subject}`)}
  WHEN 'request' THEN ${followers('NOT f.accepted')}
  WHEN 'accept' THEN EXISTS (SELECT FROM follows f WHERE f.shard = n.shard AND f.follower_id = n.user_id
    AND f.followee_id = ${subject} AND f.accepted AND f.id = n.newest)
  ELSE true END`;

/**
 * How many of a person's newest $3 unread groups ($1 shard, $2 person) have lost their causes and are not recomputed yet.
 * Each is checked by key, for deletions and undone acts since: the worker's result (`NotificationCauses`) also knows who
 * is heard, and follows within a second.
 */
export const fallenSql = `SELECT count(*) FROM (
    SELECT * FROM notifications WHERE shard = $1 AND user_id = $2 AND NOT read AND count > 0
    ORDER BY id DESC LIMIT $3) AS n
  ${here} WHERE NOT (${stands})`;
