import { Injectable } from '@nestjs/common';
import { shardOf, type Id } from '@app/platform';
import { Database, type Queryable } from '../database.js';
import { entryPage, type Entry, type EntryList, type KeyPage } from './entry-page.js';

const lists = {
  likers: {
    name: 'postLike.page',
    table: 'post_likes',
    owner: 'post_id',
    subject: 'user_id',
    filter: 'NOT hidden',
  },
  liked: { name: 'like.page', table: 'likes', owner: 'user_id', subject: 'post_id' },
  saved: { name: 'save.page', table: 'saves', owner: 'user_id', subject: 'post_id' },
} as const satisfies Record<string, EntryList>;

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
  likers(post: Id, page: KeyPage): Promise<Entry[]> {
    return entryPage(this.database, lists.likers, post, page);
  }

  liked(user: Id, page: KeyPage): Promise<Entry[]> {
    return entryPage(this.database, lists.liked, user, page);
  }

  saved(user: Id, page: KeyPage): Promise<Entry[]> {
    return entryPage(this.database, lists.saved, user, page);
  }
}
