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

  /** Keys of a person's newest groups in which this other one is or may be, heard or not; most are of likes, and those are looked up. */
  async concerning(user: Id, other: Id, limit: number): Promise<string[]> {
    const { rows } = await this.database.query<{ group_key: string }>(
      'notification.concerning',
      `SELECT group_key FROM notifications n WHERE shard = $1 AND user_id = $2
         AND (type <> 'like' OR EXISTS (SELECT FROM post_likes l
           WHERE l.shard = shard_of(n.post_id) AND l.post_id = n.post_id AND l.user_id = $3))
       ORDER BY id DESC LIMIT $4`,
      [shardOf(user), user, other, limit],
    );
    return rows.map(({ group_key }) => group_key);
  }

  /** Keys of all that anybody is told of a post, in pages. */
  async ofPost(post: Id, after: string, limit: number): Promise<string[]> {
    const { rows } = await this.database.query<{ group_key: string }>(
      'notification.ofPost',
      `SELECT DISTINCT group_key FROM notifications WHERE post_id = $1 AND group_key > $2 ORDER BY group_key LIMIT $3`,
      [post, after, limit],
    );
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
