import { Injectable } from '@nestjs/common';
import { shardOf, type Id } from '@app/platform';
import { Database, type Queryable } from '../database.js';
import type { KeyPage } from './entry-page.js';
import type { NotificationType } from './notification-groups.js';
import { fallenSql } from './notification-standing.js';

export interface NotificationRow {
  id: Id;
  group_key: string;
  type: NotificationType;
  post_id: Id | null;
  comment_id: Id | null;
  actors: Id[];
  count: number;
  read: boolean;
  created_at: Date;
}

/** This many of the newest unread groups are checked: people with more do not count them. */
const JUDGED = 200;

const columns = 'id, group_key, type, post_id, comment_id, actors, count, read, created_at';

/** A person's notifications, as they read them. */
@Injectable()
export class NotificationRows {
  constructor(private readonly database: Database) {}

  /** Newest first; a page by key both ways. Ids along the index first: for whole rows, the planner may read and sort all. */
  async page(user: Id, { limit, before, after }: KeyPage): Promise<NotificationRow[]> {
    const order = after === null ? 'DESC' : 'ASC';
    const { rows } = await this.database.query<NotificationRow>(
      'notification.page',
      `SELECT n.* FROM (
         SELECT id FROM notifications WHERE shard = $1 AND user_id = $2 AND count > 0
           AND ($3::bigint IS NULL OR id < $3) AND ($4::bigint IS NULL OR id > $4)
         ORDER BY id ${order} LIMIT $5) AS page
       CROSS JOIN LATERAL (SELECT ${columns} FROM notifications
         WHERE shard = $1 AND user_id = $2 AND id = page.id AND count > 0 LIMIT 1) AS n
       ORDER BY page.id ${order}`,
      [shardOf(user), user, before, after, limit],
    );
    return after === null ? rows : rows.toReversed();
  }

  /** One group, also when all its causes are gone. */
  async ofGroup(user: Id, key: string): Promise<NotificationRow | null> {
    const { rows } = await this.database.query<NotificationRow>(
      'notification.ofGroup',
      `SELECT ${columns} FROM notifications WHERE shard = $1 AND user_id = $2 AND group_key = $3`,
      [shardOf(user), user, key],
    );
    return rows[0] ?? null;
  }

  /** The newest notification's position; 0 for none. */
  async newestId(user: Id): Promise<Id> {
    const { rows } = await this.database.query<{ id: Id }>(
      'notification.newestId',
      `SELECT id FROM notifications WHERE shard = $1 AND user_id = $2 AND count > 0 ORDER BY id DESC LIMIT 1`,
      [shardOf(user), user],
    );
    return rows[0]?.id ?? '0';
  }

  /** The computed count, without groups whose causes have gone since. */
  async unread(user: Id): Promise<number> {
    const { rows } = await this.database.query<{ unread: number }>(
      'notification.unread',
      `SELECT CASE WHEN unread > 0 THEN greatest(0, unread - (${fallenSql})) ELSE 0 END::int AS unread
       FROM notification_states WHERE shard = $1 AND user_id = $2`,
      [shardOf(user), user, JUDGED],
    );
    return rows[0]?.unread ?? 0;
  }

  /** Marks all up to a position as read. New followers begin a new group above those read. */
  async read(tx: Queryable, user: Id, upTo: Id): Promise<void> {
    const place = [shardOf(user), user];
    await this.lock(tx, user);
    await tx.query(
      'notification.read',
      `WITH seen AS (
         UPDATE notifications SET read = true WHERE shard = $1 AND user_id = $2 AND NOT read AND id <= $3
         RETURNING count, type, newest)
       UPDATE notification_states SET
         unread = unread - (SELECT count(*) FROM seen WHERE count > 0),
         follows_since = greatest(follows_since, (SELECT max(newest) FROM seen WHERE type = 'follow'))
       WHERE shard = $1 AND user_id = $2`,
      [...place, upTo],
    );
  }

  /** People whose notifications have not grown for this long; at most `limit`. */
  async expired(seconds: number, limit: number): Promise<Id[]> {
    const { rows } = await this.database.query<{ user_id: Id }>(
      'notification.expired',
      `SELECT DISTINCT user_id FROM (SELECT user_id FROM notifications
         WHERE created_at < now() - make_interval(secs => $1) ORDER BY created_at LIMIT $2) AS old`,
      [seconds, limit],
    );
    return rows.map(({ user_id }) => user_id);
  }

  async forgetExpired(user: Id, seconds: number): Promise<number> {
    return this.forget(user, 'created_at < now() - make_interval(secs => $3)', seconds);
  }

  /** People with notifications about a post; at most `limit`. */
  async toldOfPost(post: Id, limit: number): Promise<Id[]> {
    const { rows } = await this.database.query<{ user_id: Id }>(
      'notification.toldOfPost',
      `SELECT DISTINCT user_id FROM (SELECT user_id FROM notifications WHERE post_id = $1 LIMIT $2) AS told`,
      [post, limit],
    );
    return rows.map(({ user_id }) => user_id);
  }

  async forgetPost(user: Id, post: Id): Promise<number> {
    return this.forget(user, 'post_id = $3::bigint', post);
  }

  private async forget(user: Id, which: string, parameter: unknown): Promise<number> {
    return this.database.transaction(async (tx) => {
      await this.lock(tx, user);
      const { rows } = await tx.query<{ gone: number }>(
        'notification.forget',
        `WITH gone AS (
           DELETE FROM notifications WHERE shard = $1 AND user_id = $2 AND ${which} RETURNING count, read),
         state AS (
           UPDATE notification_states SET unread = unread - (SELECT count(*) FROM gone WHERE count > 0 AND NOT read)
           WHERE shard = $1 AND user_id = $2)
         SELECT count(*)::int AS gone FROM gone`,
        [shardOf(user), user, parameter],
      );
      return rows[0]?.gone ?? 0;
    });
  }

  private async lock(tx: Queryable, user: Id): Promise<void> {
    await tx.query(
      'notification.lockState',
      `SELECT 1 FROM notification_states WHERE shard = $1 AND user_id = $2 FOR UPDATE`,
      [shardOf(user), user],
    );
  }
}
