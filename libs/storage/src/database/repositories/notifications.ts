import { Injectable } from '@nestjs/common';
import type { Id } from '@app/platform';
import { Database } from '../database.js';
import type { Notification } from '../entities/notification.js';
import { keyOf, type Queryable } from '../queryable.js';
import type { KeyPage } from './entry-page.js';
import { fallenSql } from './notification-standing.js';

const columns = [
  'id',
  'group_key',
  'type',
  'post_id',
  'comment_id',
  'actors',
  'count',
  'read',
  'created_at',
] as const satisfies readonly (keyof Notification)[];

export type NotificationRow = Pick<Notification, (typeof columns)[number]>;

/** This many of the newest unread groups are checked: people with more do not count them. */
const JUDGED = 200;

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
       CROSS JOIN LATERAL (SELECT ${columns.join(', ')} FROM notifications
         WHERE shard = $1 AND user_id = $2 AND id = page.id AND count > 0 LIMIT 1) AS n
       ORDER BY page.id ${order}`,
      keyOf(user, before, after, limit),
    );
    return after === null ? rows : rows.toReversed();
  }

  /** One group, also when all its causes are gone. */
  ofGroup(user: Id, key: string): Promise<NotificationRow | null> {
    return this.database.first(
      'notification.ofGroup',
      `SELECT ${columns.join(', ')} FROM notifications WHERE shard = $1 AND user_id = $2 AND group_key = $3`,
      keyOf(user, key),
    );
  }

  /** The newest notification's position; 0 for none. */
  async newestId(user: Id): Promise<Id> {
    return (
      (await this.database.value<Id>(
        'notification.newestId',
        `SELECT id FROM notifications WHERE shard = $1 AND user_id = $2 AND count > 0 ORDER BY id DESC LIMIT 1`,
        keyOf(user),
      )) ?? '0'
    );
  }

  /** The computed count, without groups whose causes have gone since. */
  async unread(user: Id): Promise<number> {
    return (
      (await this.database.value<number>(
        'notification.unread',
        `SELECT CASE WHEN unread > 0 THEN greatest(0, unread - (${fallenSql})) ELSE 0 END::int AS unread
       FROM notification_states WHERE shard = $1 AND user_id = $2`,
        keyOf(user, JUDGED),
      )) ?? 0
    );
  }

  /** Marks all up to a position as read. New followers begin a new group above those read. */
  async read(tx: Queryable, user: Id, upTo: Id): Promise<void> {
    const place = keyOf(user);
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
  expired(seconds: number, limit: number): Promise<Id[]> {
    return this.database.values(
      'notification.expired',
      `SELECT DISTINCT user_id FROM (SELECT user_id FROM notifications
         WHERE created_at < now() - make_interval(secs => $1) ORDER BY created_at LIMIT $2) AS old`,
      [seconds, limit],
    );
  }

  async forgetExpired(user: Id, seconds: number): Promise<number> {
    return this.forget(user, 'created_at < now() - make_interval(secs => $3)', seconds);
  }

  /** People with notifications about a post; at most `limit`. */
  toldOfPost(post: Id, limit: number): Promise<Id[]> {
    return this.database.values(
      'notification.toldOfPost',
      `SELECT DISTINCT user_id FROM (SELECT user_id FROM notifications WHERE post_id = $1 LIMIT $2) AS told`,
      [post, limit],
    );
  }

  async forgetPost(user: Id, post: Id): Promise<number> {
    return this.forget(user, 'post_id = $3::bigint', post);
  }

  private async forget(user: Id, which: string, parameter: unknown): Promise<number> {
    return this.database.transaction(async (tx) => {
      await this.lock(tx, user);
      return (
        (await tx.value<number>(
          'notification.forget',
          `WITH gone AS (
           DELETE FROM notifications WHERE shard = $1 AND user_id = $2 AND ${which} RETURNING count, read),
         state AS (
           UPDATE notification_states SET unread = unread - (SELECT count(*) FROM gone WHERE count > 0 AND NOT read)
           WHERE shard = $1 AND user_id = $2)
         SELECT count(*)::int AS gone FROM gone`,
          keyOf(user, parameter),
        )) ?? 0
      );
    });
  }

  private async lock(tx: Queryable, user: Id): Promise<void> {
    await tx.query(
      'notification.lockState',
      `SELECT 1 FROM notification_states WHERE shard = $1 AND user_id = $2 FOR UPDATE`,
      keyOf(user),
    );
  }
}
