import { Injectable } from '@nestjs/common';
import { limits, type Id } from '@app/platform';
import { keyOf, type Queryable } from '../queryable.js';

/** The current causes of a group of notifications. */
export interface Causes {
  /** The newest people who did it, newest first. */
  actors: Id[];
  /** How many people did it, as far as they are counted. */
  count: number;
  /** The id of the newest act. */
  newest: Id;
  /** The comment to show with it, if any. */
  comment: Id | null;
}

export const noCauses: Causes = { actors: [], count: 0, newest: '0', comment: null };

/** People are counted among this many newest acts: "1000" reads "1,000 or more". Likes have stored counts and no such limit. */
const COUNTED = 1_000;
/** The newest three are searched for among this many, in case some of them are unheard. */
const LOOKED_AT = 50;

/** People about whom a person ($2 on shard $1) is not notified: themselves, people they mute or block, and people who block them. */
const unheard = `unheard AS MATERIALIZED (
    SELECT $2::bigint AS id
    UNION SELECT muted_id FROM mutes WHERE shard = $1 AND muter_id = $2
    UNION SELECT blocked_id FROM blocks WHERE shard = $1 AND blocker_id = $2
    UNION SELECT blocker_id FROM blocked_by WHERE shard = $1 AND blocked_id = $2)`;

/** The people behind acts (user_id, id), without the unheard, each with their newest act. */
const heard = `heard AS MATERIALIZED (
    SELECT a.user_id, a.id FROM (SELECT user_id, max(id) AS id FROM acts GROUP BY user_id) a
    JOIN users u ON u.shard = shard_of(a.user_id) AND u.id = a.user_id AND u.closed_at IS NULL
    WHERE a.user_id NOT IN (SELECT id FROM unheard))`;

const actors = `ARRAY(SELECT user_id FROM heard ORDER BY id DESC LIMIT ${limits.notification.actors}) AS actors`;
const newest = `coalesce((SELECT max(id) FROM heard), 0) AS newest`;

/** The newest acts along an index, however many exist; people are counted among them. */
const amongNewest = (acts: string, comment: string): string => `WITH ${unheard},
  acts AS MATERIALIZED (${acts} ORDER BY id DESC LIMIT ${COUNTED}), ${heard}
  SELECT ${actors}, (SELECT count(*) FROM heard)::int AS count, ${newest}, ${comment} AS comment`;

/** Likes: the stored count with unfolded deltas, without the unheard, each of whom is looked up by key. */
const likesOf = (table: string, likes: string, key: string, counter: string, comment: string): string =>
  `WITH ${unheard},
  acts AS MATERIALIZED (SELECT user_id, id FROM ${likes} WHERE shard = $3 AND ${key} = $4 AND NOT hidden
    ORDER BY id DESC LIMIT ${LOOKED_AT}), ${heard}
  SELECT ${actors}, CASE WHEN EXISTS (SELECT FROM heard) THEN greatest((SELECT count(*) FROM heard),
      t.likes_count
      + coalesce((SELECT sum(d.delta) FROM count_deltas d
          WHERE d.shard = $3 AND d.subject_id = $4 AND d.counter = '${counter}'), 0)
      - (SELECT count(*) FROM unheard JOIN ${likes} l
          ON l.shard = $3 AND l.${key} = $4 AND l.user_id = unheard.id AND NOT l.hidden)) ELSE 0 END::int AS count,
    ${newest}, ${comment} AS comment
  FROM ${table} t WHERE t.shard = $3 AND t.id = $4`;

const sql = {
  likes: likesOf('posts', 'post_likes', 'post_id', 'post.likes', 'NULL::bigint'),
  commentLikes: likesOf('comments', 'comment_likes', 'comment_id', 'comment.likes', '$4::bigint'),
  /** A reply to the person's own comment is reported as a reply. */
  comments: amongNewest(
    `SELECT c.author_id AS user_id, c.id FROM comments c
      WHERE c.shard = $3 AND c.post_id = $4 AND NOT c.hidden AND NOT c.deleted
        AND NOT EXISTS (SELECT FROM comments r WHERE r.shard = $3 AND r.id = c.reply_to AND r.author_id = $2)`,
    'nullif((SELECT max(id) FROM heard), 0)',
  ),
  replies: amongNewest(
    `SELECT c.author_id AS user_id, c.id FROM comments c
      WHERE c.shard = $3 AND c.reply_to = $4 AND NOT c.hidden AND NOT c.deleted`,
    'nullif((SELECT max(id) FROM heard), 0)',
  ),
  followers: amongNewest(
    `SELECT follower_id AS user_id, id FROM followers
      WHERE shard = $1 AND followee_id = $2 AND accepted AND id > 0 AND id > $3 AND id <= coalesce($4, id)`,
    'NULL::bigint',
  ),
  requests: amongNewest(
    `SELECT follower_id AS user_id, id FROM followers WHERE shard = $1 AND followee_id = $2 AND NOT accepted AND id > 0`,
    'NULL::bigint',
  ),
  accepted: amongNewest(
    `SELECT followee_id AS user_id, id FROM follows
      WHERE shard = $1 AND follower_id = $2 AND followee_id = $3 AND accepted`,
    'NULL::bigint',
  ),
};

/** Reads the causes of notifications, each along an index and with a limit: the cost does not grow with popularity. */
@Injectable()
export class NotificationCauses {
  async ofPost(tx: Queryable, user: Id, what: 'likes' | 'comments', post: Id): Promise<Causes> {
    return this.read(tx, what, user, keyOf(post));
  }

  async ofComment(tx: Queryable, user: Id, what: 'replies' | 'commentLikes', comment: Id): Promise<Causes> {
    return this.read(tx, what, user, keyOf(comment));
  }

  /** New followers, by the ids of their follows: above `since`, up to `until` (null: no limit). */
  async followers(tx: Queryable, user: Id, since: Id, until: Id | null): Promise<Causes> {
    return this.read(tx, 'followers', user, [since, until]);
  }

  async requests(tx: Queryable, user: Id): Promise<Causes> {
    return this.read(tx, 'requests', user, []);
  }

  async accepted(tx: Queryable, user: Id, by: Id): Promise<Causes> {
    return this.read(tx, 'accepted', user, [by]);
  }

  private async read(tx: Queryable, what: keyof typeof sql, user: Id, subject: unknown[]): Promise<Causes> {
    const { rows } = await tx.query<Causes>(`notificationCauses.${what}`, sql[what], keyOf(user, ...subject));
    return rows[0] ?? noCauses;
  }
}
