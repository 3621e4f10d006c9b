import { Injectable } from '@nestjs/common';
import { compareIds, shardOf, type Id } from '@app/platform';
import { Database } from '../database.js';
import type { Notification, NotificationType } from '../entities/notification.js';
import { keyOf, type Queryable } from '../queryable.js';
import type { Causes } from './notification-causes.js';

/** One row of a person's notifications: its receiver, its key, and its subject. */
export interface Group {
  user: Id;
  /** Type and subject: `like:<post>`; unique per person. */
  key: string;
  type: NotificationType;
  post: Id | null;
}

const standing = ['group_key', 'id', 'actors', 'count', 'newest', 'read', 'comment_id'] as const;
/** A group's stored state. */
export type Standing = Pick<Notification, (typeof standing)[number]>;

/** Keys above `after`, in order. */
export interface KeysPage {
  after: string;
  limit: number;
}

/**
 * $1 and $2 the person, $3 the other one. Each part is looked up by key, except comments, which are read once: a person
 * with ten thousand groups pays only for those that concern the two.
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
 * The write side of notifications. A group is set from its current causes, never incremented: so it may be recomputed
 * twice and in any order, and is undone with its cause. A group without causes stays, hidden and with a count of 0: when
 * they return (an unblock, an unmute) it has its old position and read state.
 */
@Injectable()
export class NotificationGroups {
  constructor(private readonly database: Database) {}

  /**
   * Locks a person's notifications for a change; read their causes after it. Returns where new followers begin; null for
   * a closed account.
   */
  lock(tx: Queryable, user: Id): Promise<Id | null> {
    return tx.value(
      'notification.lock',
      `INSERT INTO notification_states AS s (shard, user_id)
       SELECT shard, id FROM users WHERE shard = $1 AND id = $2 AND closed_at IS NULL
       ON CONFLICT (shard, user_id) DO UPDATE SET unread = s.unread RETURNING follows_since`,
      keyOf(user),
    );
  }

  find(tx: Queryable, user: Id, key: string): Promise<Standing | null> {
    return tx.first(
      'notification.find',
      `SELECT ${standing.join(', ')} FROM notifications WHERE ${GROUP}`,
      keyOf(user, key),
    );
  }

  /** Sets a group from its causes, under the lock; returns whether it changed. Only a cause newer than all before makes it unread. */
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
      keyOf(
        group.user,
        group.key,
        group.type,
        group.post,
        causes.comment,
        causes.actors,
        causes.count,
        causes.newest,
      ),
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
      keyOf(group.user, group.key, causes.actors, causes.count, causes.comment, causes.newest, grows),
    );
  }

  private async addUnread(tx: Queryable, user: Id, delta: number): Promise<void> {
    await tx.query(
      'notification.addUnread',
      `UPDATE notification_states SET unread = unread + $3 WHERE shard = $1 AND user_id = $2`,
      keyOf(user, delta),
    );
  }

  /** A person's newest groups of new followers, newest first. */
  follows(tx: Queryable, user: Id, limit: number): Promise<Standing[]> {
    return tx.list(
      'notification.follows',
      `SELECT ${standing.join(', ')} FROM notifications
       WHERE shard = $1 AND user_id = $2 AND type = 'follow' ORDER BY newest DESC LIMIT $3`,
      keyOf(user, limit),
    );
  }

  /** People with a group of this key: for a deleted subject, which no longer says whom it concerned. */
  holders(key: string): Promise<Id[]> {
    return this.database.values(
      'notification.holders',
      `SELECT user_id FROM notifications WHERE group_key = $1`,
      [key],
    );
  }

  /** Keys of a person's groups in which this other one takes part, heard or not, and of those on the other's posts; in pages. */
  async concerning(user: Id, other: Id, { after, limit }: KeysPage): Promise<string[]> {
    return this.keys('notification.concerning', concerningSql, keyOf(user, other, after, limit));
  }

  /** Keys of a person's groups on another's posts, in pages. */
  async belowPostsOf(author: Id, user: Id, { after, limit }: KeysPage): Promise<string[]> {
    return this.keys(
      'notification.belowPostsOf',
      `SELECT n.group_key FROM posts p JOIN notifications n ON n.post_id = p.id
       WHERE p.shard = $1 AND p.author_id = $2 AND n.shard = $3 AND n.user_id = $4 AND n.group_key > $5
       ORDER BY n.group_key LIMIT $6`,
      keyOf(author, shardOf(user), user, after, limit),
    );
  }

  /**
   * Keys of other people's groups on these posts that are visible and should not be, or are hidden and may return: the
   * author is private and they do not follow, or the author is public and the group is hidden.
   */
  async misplaced(author: Id, posts: readonly Id[]): Promise<string[]> {
    return this.keys(
      'notification.misplaced',
      `SELECT DISTINCT n.group_key FROM users u
       JOIN notifications n ON n.post_id = ANY($3::bigint[]) AND n.user_id <> u.id
       LEFT JOIN follows f ON f.shard = n.shard AND f.follower_id = n.user_id AND f.followee_id = u.id AND f.accepted
       WHERE u.shard = $1 AND u.id = $2
         AND CASE WHEN u.private THEN n.count > 0 AND f.id IS NULL ELSE n.count = 0 END`,
      keyOf(author, posts),
    );
  }

  /** Keys of all groups on a post, in pages. */
  async ofPost(post: Id, { after, limit }: KeysPage): Promise<string[]> {
    return this.keys(
      'notification.ofPost',
      `SELECT DISTINCT group_key FROM notifications WHERE post_id = $1 AND group_key > $2 ORDER BY group_key LIMIT $3`,
      [post, after, limit],
    );
  }

  private keys(name: string, sql: string, parameters: unknown[]): Promise<string[]> {
    return this.database.values(name, sql, parameters);
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
