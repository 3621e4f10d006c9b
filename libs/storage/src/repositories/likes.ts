import { Injectable } from '@nestjs/common';
import { shardOf, type Id } from '@app/platform';
import { Database, type Queryable } from '../database.js';

export interface KeyPage {
  limit: number;
  before: Id | null;
  after: Id | null;
}

/** An entry of a list that is ordered by the id of the act, not of the thing. */
export interface Entry {
  id: Id;
  subject: Id;
}

/** Likes, at both ends (the liker's row decides), and saves, at the saver's end alone. */
@Injectable()
export class LikeRows {
  constructor(private readonly database: Database) {}

  /** False when it was liked before. */
  async like(tx: Queryable, user: Id, post: Id): Promise<boolean> {
    const { rows } = await tx.query<{ id: Id }>(
      'like.insert',
      `INSERT INTO likes (shard, user_id, post_id, id) VALUES ($1::int, $2, $3, next_id($1::int))
       ON CONFLICT DO NOTHING RETURNING id`,
      [shardOf(user), user, post],
    );
    if (rows.length === 0) return false;
    await tx.query(
      'postLike.insert',
      `INSERT INTO post_likes (shard, post_id, user_id, id) VALUES ($1::int, $2, $3, next_id($1::int))
       ON CONFLICT DO NOTHING`,
      [shardOf(post), post, user],
    );
    return true;
  }

  /** What was taken back: null when there was no like, else whether it had counted. */
  async unlike(tx: Queryable, user: Id, post: Id): Promise<{ counted: boolean } | null> {
    const { count } = await tx.query(
      'like.delete',
      `DELETE FROM likes WHERE shard = $1 AND user_id = $2 AND post_id = $3`,
      [shardOf(user), user, post],
    );
    if (count === 0) return null;
    const { rows } = await tx.query<{ hidden: boolean }>(
      'postLike.delete',
      `DELETE FROM post_likes WHERE shard = $1 AND post_id = $2 AND user_id = $3 RETURNING hidden`,
      [shardOf(post), post, user],
    );
    return { counted: rows[0]?.hidden === false };
  }

  async save(tx: Queryable, user: Id, post: Id): Promise<boolean> {
    const { count } = await tx.query(
      'save.insert',
      `INSERT INTO saves (shard, user_id, post_id, id) VALUES ($1::int, $2, $3, next_id($1::int)) ON CONFLICT DO NOTHING`,
      [shardOf(user), user, post],
    );
    return count === 1;
  }

  async unsave(tx: Queryable, user: Id, post: Id): Promise<void> {
    await tx.query('save.delete', `DELETE FROM saves WHERE shard = $1 AND user_id = $2 AND post_id = $3`, [
      shardOf(user),
      user,
      post,
    ]);
  }

  /** Who liked a post, newest first. */
  async likers(post: Id, page: KeyPage): Promise<Entry[]> {
    return this.page('postLike.page', 'post_likes', 'user_id', 'post_id', post, page, 'AND NOT hidden');
  }

  async liked(user: Id, page: KeyPage): Promise<Entry[]> {
    return this.page('like.page', 'likes', 'post_id', 'user_id', user, page, '');
  }

  async saved(user: Id, page: KeyPage): Promise<Entry[]> {
    return this.page('save.page', 'saves', 'post_id', 'user_id', user, page, '');
  }

  private async page(
    name: string,
    table: string,
    subject: string,
    owner: string,
    id: Id,
    { limit, before, after }: KeyPage,
    filter: string,
  ): Promise<Entry[]> {
    const { rows } = await this.database.query<Entry>(
      name,
      `SELECT id, ${subject} AS subject FROM ${table} WHERE shard = $1 AND ${owner} = $2 ${filter}
         AND ($3::bigint IS NULL OR id < $3) AND ($4::bigint IS NULL OR id > $4)
       ORDER BY id ${after === null ? 'DESC' : 'ASC'} LIMIT $5`,
      [shardOf(id), id, before, after, limit],
    );
    return after === null ? rows : rows.toReversed();
  }
}
