import { Injectable } from '@nestjs/common';
import { shardOf, type Id } from '@app/platform';
import { Database, type Queryable } from '../database.js';
import { entryPage, type Entry, type EntryList, type KeyPage } from './entry-page.js';

const lists = {
  blocked: { name: 'block.page', table: 'blocks', owner: 'blocker_id', subject: 'blocked_id' },
  muted: { name: 'mute.page', table: 'mutes', owner: 'muter_id', subject: 'muted_id' },
} as const satisfies Record<string, EntryList>;

/** A comment that a block hid or an unblock showed again. */
export interface ToggledComment {
  id: Id;
  post_id: Id;
  reply_to: Id | null;
}

/** Blocks, at both ends (the blocker's row decides), and mutes, at the muter's end alone. */
@Injectable()
export class BlockRows {
  constructor(private readonly database: Database) {}

  /** False when it was there before. */
  async block(tx: Queryable, blocker: Id, blocked: Id): Promise<boolean> {
    const { count } = await tx.query(
      'block.insert',
      `INSERT INTO blocks (shard, blocker_id, blocked_id, id) VALUES ($1::int, $2, $3, next_id($1::int))
       ON CONFLICT DO NOTHING`,
      [shardOf(blocker), blocker, blocked],
    );
    if (count === 0) return false;
    await tx.query(
      'blockedBy.insert',
      `INSERT INTO blocked_by (shard, blocked_id, blocker_id, id) VALUES ($1::int, $2, $3, next_id($1::int))
       ON CONFLICT DO NOTHING`,
      [shardOf(blocked), blocked, blocker],
    );
    return true;
  }

  async unblock(tx: Queryable, blocker: Id, blocked: Id): Promise<boolean> {
    const { count } = await tx.query(
      'block.delete',
      `DELETE FROM blocks WHERE shard = $1 AND blocker_id = $2 AND blocked_id = $3`,
      [shardOf(blocker), blocker, blocked],
    );
    await tx.query(
      'blockedBy.delete',
      `DELETE FROM blocked_by WHERE shard = $1 AND blocked_id = $2 AND blocker_id = $3`,
      [shardOf(blocked), blocked, blocker],
    );
    return count === 1;
  }

  /** Whether the block stands, and goes on standing until this transaction ends. */
  async stands(tx: Queryable, blocker: Id, blocked: Id): Promise<boolean> {
    const { rows } = await tx.query(
      'block.stands',
      `SELECT 1 FROM blocks WHERE shard = $1 AND blocker_id = $2 AND blocked_id = $3 FOR SHARE`,
      [shardOf(blocker), blocker, blocked],
    );
    return rows.length === 1;
  }

  /** Hides or shows up to `limit` likes of a person on another's posts; answers the posts. */
  async toggleLikes(tx: Queryable, owner: Id, liker: Id, hidden: boolean, limit: number): Promise<Id[]> {
    const { rows } = await tx.query<{ post_id: Id }>(
      'block.toggleLikes',
      `UPDATE post_likes l SET hidden = $4
       FROM (SELECT l.post_id FROM posts p
         JOIN post_likes l ON l.shard = p.shard AND l.post_id = p.id AND l.user_id = $3 AND l.hidden <> $4
         WHERE p.shard = $1 AND p.author_id = $2 LIMIT $5) AS found
       WHERE l.shard = $1 AND l.post_id = found.post_id AND l.user_id = $3 AND l.hidden <> $4 RETURNING l.post_id`,
      [shardOf(owner), owner, liker, hidden, limit],
    );
    return rows.map(({ post_id }) => post_id);
  }

  /** Hides or shows up to `limit` comments of a person below another's posts. */
  async toggleComments(
    tx: Queryable,
    owner: Id,
    author: Id,
    hidden: boolean,
    limit: number,
  ): Promise<ToggledComment[]> {
    const { rows } = await tx.query<ToggledComment>(
      'block.toggleComments',
      `UPDATE comments c SET hidden = $4
       FROM (SELECT c.id FROM comments c JOIN posts p ON p.shard = c.shard AND p.id = c.post_id
         WHERE c.author_id = $3 AND c.shard = $1 AND p.author_id = $2 AND c.hidden <> $4 AND NOT c.deleted
         LIMIT $5) AS found
       WHERE c.shard = $1 AND c.id = found.id AND c.hidden <> $4 RETURNING c.id, c.post_id, c.reply_to`,
      [shardOf(owner), owner, author, hidden, limit],
    );
    return rows;
  }

  async mute(muter: Id, muted: Id, tx: Queryable): Promise<boolean> {
    const { count } = await tx.query(
      'mute.insert',
      `INSERT INTO mutes (shard, muter_id, muted_id, id) VALUES ($1::int, $2, $3, next_id($1::int))
       ON CONFLICT DO NOTHING`,
      [shardOf(muter), muter, muted],
    );
    return count === 1;
  }

  async unmute(muter: Id, muted: Id, tx: Queryable): Promise<boolean> {
    const { count } = await tx.query(
      'mute.delete',
      `DELETE FROM mutes WHERE shard = $1 AND muter_id = $2 AND muted_id = $3`,
      [shardOf(muter), muter, muted],
    );
    return count === 1;
  }

  blocked(blocker: Id, page: KeyPage): Promise<Entry[]> {
    return entryPage(this.database, lists.blocked, blocker, page);
  }

  muted(muter: Id, page: KeyPage): Promise<Entry[]> {
    return entryPage(this.database, lists.muted, muter, page);
  }

  /** Everybody on the other side of a block of this person, either way: for closing an account. */
  async everyBlockOf(user: Id, limit: number): Promise<{ blocker: Id; blocked: Id }[]> {
    const { rows } = await this.database.query<{ blocker: Id; blocked: Id }>(
      'block.every',
      `(SELECT blocker_id AS blocker, blocked_id AS blocked FROM blocks WHERE shard = $1 AND blocker_id = $2 LIMIT $3)
       UNION ALL
       (SELECT blocker_id, blocked_id FROM blocked_by WHERE shard = $1 AND blocked_id = $2 LIMIT $3)`,
      [shardOf(user), user, limit],
    );
    return rows;
  }
}
