import { Injectable } from '@nestjs/common';
import { shardOf, type Id } from '@app/platform';
import { Database } from '../database.js';
import { keyOf, type Queryable } from '../queryable.js';
import { QuotaRows } from './quota.js';

const owned = {
  postsOf: { table: 'posts', owner: 'author_id', id: 'id' },
  photosOf: { table: 'photos', owner: 'owner_id', id: 'id' },
  followeesOf: { table: 'follows', owner: 'follower_id', id: 'followee_id' },
  followersOf: { table: 'followers', owner: 'followee_id', id: 'follower_id' },
  likedBy: { table: 'likes', owner: 'user_id', id: 'post_id' },
} as const;

/** Records of deletions; and the data that depends on a deleted post or a closed account, which is deleted in batches. */
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
      keyOf(post, limit),
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
      keyOf(post, limit),
    );
    return count;
  }

  /** Up to `limit` ids of what an account has of a kind. */
  owned(kind: keyof typeof owned, account: Id, limit: number): Promise<Id[]> {
    const { id, table, owner } = owned[kind];
    const sql = `SELECT ${id} FROM ${table} WHERE shard = $1 AND ${owner} = $2 LIMIT $3`;
    return this.database.values(`erase.${kind}`, sql, keyOf(account, limit));
  }

  commentsBy(user: Id, limit: number): Promise<Id[]> {
    return this.database.values(
      'erase.commentsBy',
      `SELECT id FROM comments WHERE author_id = $1 AND NOT deleted LIMIT $2`,
      [user, limit],
    );
  }

  commentsLikedBy(user: Id, limit: number): Promise<Id[]> {
    return this.database.values(
      'erase.commentsLikedBy',
      `SELECT comment_id AS id FROM comment_likes WHERE user_id = $1 LIMIT $2`,
      [user, limit],
    );
  }

  /** Deletes rows that only this person reads, and other people's mutes of them. */
  async own(tx: Queryable, user: Id): Promise<void> {
    const shard = shardOf(user);
    await this.quota.forget(tx, user);
    await tx.query('erase.mails', `DELETE FROM mails WHERE shard = $1 AND user_id = $2`, [shard, user]);
    await tx.query('erase.factors', `DELETE FROM factors WHERE shard = $1 AND user_id = $2`, [shard, user]);
    const invitations = `DELETE FROM invitations WHERE shard = $1 AND inviter_id = $2`;
    await tx.query('erase.invitations', invitations, [shard, user]);
    // The sweep deletes their objects, and then the rows.
    await tx.query(
      'erase.transfers',
      `UPDATE transfers SET state = 'ended', expires_at = now() WHERE shard = $1 AND user_id = $2`,
      [shard, user],
    );
    await tx.query('erase.saves', `DELETE FROM saves WHERE shard = $1 AND user_id = $2`, [shard, user]);
    await tx.query('erase.mutes', `DELETE FROM mutes WHERE shard = $1 AND muter_id = $2`, [shard, user]);
    await tx.query('erase.muted', `DELETE FROM mutes WHERE muted_id = $1`, [user]);
    // Gaps have had no author since this column says so; older ones have.
    await tx.query('erase.gaps', `UPDATE comments SET author_id = 0 WHERE author_id = $1 AND deleted`, [
      user,
    ]);
    await tx.query('erase.deletions', `DELETE FROM deletions WHERE person_id = $1`, [user]);
    await tx.query(
      'erase.collections',
      `WITH gone AS (DELETE FROM collections WHERE shard = $1 AND user_id = $2 RETURNING id)
       DELETE FROM collection_posts USING gone WHERE shard = $1 AND collection_id = gone.id`,
      [shard, user],
    );
    await tx.query(
      'erase.sessions',
      `WITH gone AS (DELETE FROM sessions WHERE shard = $1 AND user_id = $2 RETURNING id)
       DELETE FROM refresh_tokens USING gone WHERE shard = $1 AND session_id = gone.id`,
      [shard, user],
    );
    await tx.query('erase.user', `DELETE FROM users WHERE shard = $1 AND id = $2`, [shard, user]);
  }

  /** Deletes a person's notifications: nobody reads them any more. */
  async notifications(user: Id): Promise<void> {
    for (const table of ['notifications', 'notification_states']) {
      await this.database.query(
        `erase.${table}`,
        `DELETE FROM ${table} WHERE shard = $1 AND user_id = $2`,
        keyOf(user),
      );
    }
  }

  /** Records who deleted these, for a month. */
  async record(tx: Queryable, person: Id, ids: readonly Id[]): Promise<void> {
    await tx.query(
      'deletion.record',
      `INSERT INTO deletions (shard, id, person_id)
       SELECT shard_of(gone.id), gone.id, $1 FROM unnest($2::bigint[]) AS gone(id) ON CONFLICT DO NOTHING`,
      [person, ids],
    );
  }

  /** Whether this person deleted that thing: then deleting it again succeeds. */
  isBy(person: Id, id: Id): Promise<boolean> {
    const sql = `SELECT 1 FROM deletions WHERE shard = $1 AND id = $2 AND person_id = $3`;
    return this.database.touchesOne('deletion.find', sql, keyOf(id, person));
  }
}
