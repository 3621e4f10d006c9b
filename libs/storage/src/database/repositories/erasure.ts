import { Injectable } from '@nestjs/common';
import { shardOf, type Id } from '@app/platform';
import { Database, type Queryable } from '../database.js';
import { QuotaRows } from './quota.js';

/** Deletes the data that depends on a deleted post or a closed account, in batches. */
@Injectable()
export class ErasureRows {
  constructor(
    private readonly database: Database,
    private readonly quota: QuotaRows,
  ) {}

  /** Deletes up to `limit` likes of a post at both ends; returns how many. */
  async likesOfPost(post: Id, limit: number): Promise<number> {
    const { count } = await this.database.query(
      'erase.likesOfPost',
      `WITH gone AS (
         DELETE FROM post_likes WHERE shard = $1 AND post_id = $2 AND user_id IN (
           SELECT user_id FROM post_likes WHERE shard = $1 AND post_id = $2 LIMIT $3) RETURNING user_id),
       liked AS (
         DELETE FROM likes USING gone
         WHERE likes.shard = shard_of(gone.user_id) AND likes.user_id = gone.user_id AND likes.post_id = $2)
       SELECT user_id FROM gone`,
      [shardOf(post), post, limit],
    );
    return count;
  }

  /** Deletes up to `limit` comments of a post and their likes; returns how many. */
  async commentsOfPost(post: Id, limit: number): Promise<number> {
    const { count } = await this.database.query(
      'erase.commentsOfPost',
      `WITH gone AS (
         DELETE FROM comments WHERE shard = $1 AND id IN (
           SELECT id FROM comments WHERE shard = $1 AND post_id = $2 LIMIT $3) RETURNING id),
       liked AS (DELETE FROM comment_likes USING gone WHERE shard = $1 AND comment_id = gone.id)
       SELECT id FROM gone`,
      [shardOf(post), post, limit],
    );
    return count;
  }

  async postsOf(author: Id, limit: number): Promise<Id[]> {
    return this.ids(
      'erase.postsOf',
      `SELECT id FROM posts WHERE shard = $1 AND author_id = $2 LIMIT $3`,
      author,
      limit,
    );
  }

  async photosOf(owner: Id, limit: number): Promise<Id[]> {
    return this.ids(
      'erase.photosOf',
      `SELECT id FROM photos WHERE shard = $1 AND owner_id = $2 LIMIT $3`,
      owner,
      limit,
    );
  }

  async followeesOf(user: Id, limit: number): Promise<Id[]> {
    return this.ids(
      'erase.followeesOf',
      `SELECT followee_id AS id FROM follows WHERE shard = $1 AND follower_id = $2 LIMIT $3`,
      user,
      limit,
    );
  }

  async followersOf(user: Id, limit: number): Promise<Id[]> {
    return this.ids(
      'erase.followersOf',
      `SELECT follower_id AS id FROM followers WHERE shard = $1 AND followee_id = $2 LIMIT $3`,
      user,
      limit,
    );
  }

  async likedBy(user: Id, limit: number): Promise<Id[]> {
    return this.ids(
      'erase.likedBy',
      `SELECT post_id AS id FROM likes WHERE shard = $1 AND user_id = $2 LIMIT $3`,
      user,
      limit,
    );
  }

  async commentsBy(user: Id, limit: number): Promise<Id[]> {
    const { rows } = await this.database.query<{ id: Id }>(
      'erase.commentsBy',
      `SELECT id FROM comments WHERE author_id = $1 AND NOT deleted LIMIT $2`,
      [user, limit],
    );
    return rows.map(({ id }) => id);
  }

  async commentsLikedBy(user: Id, limit: number): Promise<Id[]> {
    const { rows } = await this.database.query<{ id: Id }>(
      'erase.commentsLikedBy',
      `SELECT comment_id AS id FROM comment_likes WHERE user_id = $1 LIMIT $2`,
      [user, limit],
    );
    return rows.map(({ id }) => id);
  }

  /** Deletes rows that only this person reads, and other people's mutes of them. */
  async own(tx: Queryable, user: Id): Promise<void> {
    const shard = shardOf(user);
    await this.quota.forget(tx, user);
    await tx.query('erase.saves', `DELETE FROM saves WHERE shard = $1 AND user_id = $2`, [shard, user]);
    await tx.query('erase.mutes', `DELETE FROM mutes WHERE shard = $1 AND muter_id = $2`, [shard, user]);
    await tx.query('erase.muted', `DELETE FROM mutes WHERE muted_id = $1`, [user]);
  }

  /** Deletes a person's notifications: nobody reads them any more. */
  async notifications(user: Id): Promise<void> {
    for (const table of ['notifications', 'notification_states']) {
      await this.database.query(`erase.${table}`, `DELETE FROM ${table} WHERE shard = $1 AND user_id = $2`, [
        shardOf(user),
        user,
      ]);
    }
  }

  private async ids(name: string, sql: string, owner: Id, limit: number): Promise<Id[]> {
    const { rows } = await this.database.query<{ id: Id }>(name, sql, [shardOf(owner), owner, limit]);
    return rows.map(({ id }) => id);
  }
}
