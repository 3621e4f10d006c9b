import { Injectable } from '@nestjs/common';
import { compareIds, shardOf, type Id } from '@app/platform';
import { Database, type Queryable } from '../database.js';
import type { Causes } from './notification-causes.js';

export type NotificationType =
  'like' | 'comment' | 'reply' | 'mention' | 'comment_like' | 'follow' | 'request' | 'accept';

/** One row of what a person is told: whose, which, and what it is about. */
export interface Group {
  user: Id;
  /** Type and subject: `like:<post>`; unique among the person's. */
  key: string;
  type: NotificationType;
  post: Id | null;
}

/** How a group stands. */
export interface Standing {
  group_key: string;
  id: Id;
  actors: Id[];
  count: number;
  newest: Id;
  read: boolean;
  comment_id: Id | null;
}

/** Keys above `after`, in their order. */
export interface KeysPage {
  after: string;
  limit: number;
}

/**
 * $1 and $2 the person, $3 the other one. Each part is looked up by key, but for comments, which are read once: so a person
 * with ten thousand groups pays for those that concern the two.
 */
const concerningSql = `WITH theirs AS MATERIALIZED (SELECT post_id, reply_to FROM comments WHERE author_id = $3)
  SELECT n.group_key FROM notifications n
  LEFT JOIN posts p ON p.shard = shard_of(n.post_id) AND p.id = n.post_id
  WHERE n.shard = $1 AND n.user_id = $2 AND n.group_key > $4 AND (p.author_id = $3 OR CASE n.type
    WHEN 'like' THEN EXISTS (SELECT FROM post_likes l
      WHERE l.shard = shard_of(n.post_id) AND l.post_id = n.post_id AND l.user_id = $3)
    WHEN 'comment' THEN n.post_id IN (SELECT post_id FROM theirs)
    WHEN 'reply' THEN split_part(n.group_key, ':', 2) IN (SELECT reply_to::text FROM theirs)
    WHEN 'comment_like' THEN EXISTS (SELECT FROM comment_likes l
      WHERE l.shard = shard_of(n.comment_id) AND l.comment_id = n.comment_id AND l.user_id = $3)
    WHEN 'mention' THEN EXISTS (SELECT FROM comments c
      WHERE c.shard = shard_of(n.comment_id) AND c.id = n.comment_id AND c.author_id = $3)
    WHEN 'follow' THEN EXISTS (SELECT FROM followers WHERE shard = $1 AND followee_id = $2 AND follower_id = $3)
    WHEN 'accept' THEN n.group_key = 'accept:' || $3::bigint
    ELSE true END)
  ORDER BY n.group_key LIMIT $5`;

const GROUP = 'shard = $1 AND user_id = $2 AND group_key = $3';

/**
 * The writing side of notifications. A group is set to what its causes are now, never counted up: so it may be worked out
 * twice and in any order, and is undone with its cause. One whose causes are all gone stays, with a count of 0 and out of
 * sight: when they return (an unblock, an unmute) it is what it was, at its place and as read as it was.
 */
@Injectable()
export class NotificationGroups {
  constructor(private readonly database: Database) {}

  /**
   * Takes the lock under which a person's notifications change; read their causes after it. Answers where new followers
   * begin; null for an account that is closed.
   */
  async lock(tx: Queryable, user: Id): Promise<Id | null> {
    const { rows } = await tx.query<{ follows_since: Id }>(
      'notification.lock',
      `INSERT INTO notification_states AS s (shard, user_id)
       SELECT shard, id FROM users WHERE shard = $1 AND id = $2 AND closed_at IS NULL
       ON CONFLICT (shard, user_id) DO UPDATE SET unread = s.unread RETURNING follows_since`,
      [shardOf(user), user],
    );
    return rows[0]?.follows_since ?? null;
  }

  async find(tx: Queryable, user: Id, key: string): Promise<Standing | null> {
    const { rows } = await tx.query<Standing>(
      'notification.find',
      `SELECT group_key, id, actors, count, newest, read, comment_id FROM notifications WHERE ${GROUP}`,
      [shardOf(user), user, key],
    );
    return rows[0] ?? null;
  }

  /** Sets a group to its causes, under the lock; whether anything changed. Only a cause newer than all before makes it unread. */
  async settle(tx: Queryable, group: Group, causes: Causes): Promise<boolean> {
    const before = await this.find(tx, group.user, group.key);
    if (before ? isSame(before, causes) : causes.count === 0) return false;
    const grows = causes.count > 0 && (!before || compareIds(causes.newest, before.newest) > 0);
    if (!before) await this.insert(tx, group, causes);
    else await this.update(tx, group, causes, grows);
    const wasUnread = before !== null && before.count > 0 && !before.read;
    const isUnread = causes.count > 0 && (grows || before?.read === false);
    if (isUnread !== wasUnread) await this.addUnread(tx, group.user, isUnread ? 1 : -1);
    return true;
  }

  private async insert(tx: Queryable, group: Group, causes: Causes): Promise<void> {
    await tx.query(
      'notification.insert',
      `INSERT INTO notifications (shard, user_id, group_key, id, type, post_id, comment_id, actors, count, newest)
       VALUES ($1::int, $2, $3, next_id($1::int), $4, $5, $6, $7, $8, $9)`,
      [
        shardOf(group.user),
        group.user,
        group.key,
        group.type,
        group.post,
        causes.comment,
        causes.actors,
        causes.count,
        causes.newest,
      ],
    );
  }

  private async update(tx: Queryable, group: Group, causes: Causes, grows: boolean): Promise<void> {
    await tx.query(
      'notification.update',
      `UPDATE notifications SET actors = $4, count = $5, comment_id = coalesce($6, comment_id),
         newest = greatest(newest, $7), read = read AND NOT $8::boolean,
         id = CASE WHEN $8 THEN next_id($1::int) ELSE id END,
         created_at = CASE WHEN $8 THEN now() ELSE created_at END
       WHERE ${GROUP}`,
      [
        shardOf(group.user),
        group.user,
        group.key,
        causes.actors,
        causes.count,
        causes.comment,
        causes.newest,
        grows,
      ],
    );
  }

  private async addUnread(tx: Queryable, user: Id, delta: number): Promise<void> {
    await tx.query(
      'notification.addUnread',
      `UPDATE notification_states SET unread = unread + $3 WHERE shard = $1 AND user_id = $2`,
      [shardOf(user), user, delta],
    );
  }

  /** A person's newest groups of new followers, newest first. */
  async follows(tx: Queryable, user: Id, limit: number): Promise<Standing[]> {
    const { rows } = await tx.query<Standing>(
      'notification.follows',
      `SELECT group_key, id, actors, count, newest, read, comment_id FROM notifications
       WHERE shard = $1 AND user_id = $2 AND type = 'follow' ORDER BY newest DESC LIMIT $3`,
      [shardOf(user), user, limit],
    );
    return rows;
  }

  /** Who has a group of this key: for what is gone and does not say any more whom it concerned. */
  async holders(key: string): Promise<Id[]> {
    const { rows } = await this.database.query<{ user_id: Id }>(
      'notification.holders',
      `SELECT user_id FROM notifications WHERE group_key = $1`,
      [key],
    );
    return rows.map(({ user_id }) => user_id);
  }

  /** Keys of a person's groups in which this other one has a part, heard or not, and of those below their posts; in pages. */
  async concerning(user: Id, other: Id, { after, limit }: KeysPage): Promise<string[]> {
    return this.keys('notification.concerning', concerningSql, [shardOf(user), user, other, after, limit]);
  }

  /** Keys of what a person is told of below another's posts, in pages. */
  async belowPostsOf(author: Id, user: Id, { after, limit }: KeysPage): Promise<string[]> {
    return this.keys(
      'notification.belowPostsOf',
      `SELECT n.group_key FROM posts p JOIN notifications n ON n.post_id = p.id
       WHERE p.shard = $1 AND p.author_id = $2 AND n.shard = $3 AND n.user_id = $4 AND n.group_key > $5
       ORDER BY n.group_key LIMIT $6`,
      [shardOf(author), author, shardOf(user), user, after, limit],
    );
  }

  /**
   * Keys of what others than the author are told of below these posts and should not be, or are not and may be again: the
   * author is private and they do not follow, or is not and the group is out of sight.
   */
  async misplaced(author: Id, posts: readonly Id[]): Promise<string[]> {
    return this.keys(
      'notification.misplaced',
      `SELECT DISTINCT n.group_key FROM users u
       JOIN notifications n ON n.post_id = ANY($3::bigint[]) AND n.user_id <> u.id
       LEFT JOIN follows f ON f.shard = n.shard AND f.follower_id = n.user_id AND f.followee_id = u.id AND f.accepted
       WHERE u.shard = $1 AND u.id = $2
         AND CASE WHEN u.private THEN n.count > 0 AND f.id IS NULL ELSE n.count = 0 END`,
      [shardOf(author), author, posts],
    );
  }

  /** Keys of all that anybody is told of a post, in pages. */
  async ofPost(post: Id, { after, limit }: KeysPage): Promise<string[]> {
    return this.keys(
      'notification.ofPost',
      `SELECT DISTINCT group_key FROM notifications WHERE post_id = $1 AND group_key > $2 ORDER BY group_key LIMIT $3`,
      [post, after, limit],
    );
  }

  private async keys(name: string, sql: string, parameters: unknown[]): Promise<string[]> {
    const { rows } = await this.database.query<{ group_key: string }>(name, sql, parameters);
    return rows.map(({ group_key }) => group_key);
  }
}

function isSame(before: Standing, causes: Causes): boolean {
  return (
    before.count === causes.count &&
    before.actors.join() === causes.actors.join() &&
    compareIds(causes.newest, before.newest) <= 0 &&
    (causes.comment === null || before.comment_id === causes.comment)
  );
}
