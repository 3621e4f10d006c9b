import { Injectable } from '@nestjs/common';
import { shardOf, type Id } from '@app/platform';
import { Database } from '../database.js';
import type { Like } from '../entities/like.js';
import { keyOf, type Queryable } from '../queryable.js';
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

const marked = { liked: 'likes', saved: 'saves' } as const;

/** A person and a post that they like, or liked. */
export interface LikeOf {
  user: Id;
  post: Id;
}

type Pair = Pick<Like, 'user_id' | 'post_id'>;

/** Rows are locked in key order, so that transactions that change the same ones wait but never deadlock. */
const sql = {
  insert: `INSERT INTO likes (shard, user_id, post_id, id)
    SELECT shard, user_id, post_id, next_id(shard) FROM unnest($1::int[], $2::bigint[], $3::bigint[]) AS w(shard, user_id, post_id)
    ORDER BY shard, user_id, post_id ON CONFLICT DO NOTHING RETURNING user_id, post_id`,
  insertOther: `INSERT INTO post_likes (shard, post_id, user_id, id)
    SELECT shard, post_id, user_id, next_id(shard) FROM unnest($1::int[], $2::bigint[], $3::bigint[]) AS w(shard, post_id, user_id)
    ORDER BY shard, post_id, user_id ON CONFLICT DO NOTHING`,
  delete: `DELETE FROM likes AS l USING (
      SELECT l.shard, l.user_id, l.post_id FROM unnest($1::int[], $2::bigint[], $3::bigint[]) AS w(shard, user_id, post_id)
      JOIN likes l ON l.shard = w.shard AND l.user_id = w.user_id AND l.post_id = w.post_id
      ORDER BY 1, 2, 3 FOR UPDATE OF l) AS w
    WHERE l.shard = w.shard AND l.user_id = w.user_id AND l.post_id = w.post_id RETURNING l.user_id, l.post_id`,
  deleteOther: `DELETE FROM post_likes AS l USING (
      SELECT l.shard, l.post_id, l.user_id FROM unnest($1::int[], $2::bigint[], $3::bigint[]) AS w(shard, post_id, user_id)
      JOIN post_likes l ON l.shard = w.shard AND l.post_id = w.post_id AND l.user_id = w.user_id
      ORDER BY 1, 2, 3 FOR UPDATE OF l) AS w
    WHERE l.shard = w.shard AND l.post_id = w.post_id AND l.user_id = w.user_id RETURNING l.user_id, l.post_id, l.hidden`,
} as const;

const usersEnd = (likes: readonly LikeOf[]): unknown[] => [
  likes.map(({ user }) => shardOf(user)),
  likes.map(({ user }) => user),
  likes.map(({ post }) => post),
];
const postsEnd = (likes: readonly LikeOf[]): unknown[] => [
  likes.map(({ post }) => shardOf(post)),
  likes.map(({ post }) => post),
  likes.map(({ user }) => user),
];
const likeOf = ({ user_id: user, post_id: post }: Pair): LikeOf => ({ user, post });

/** Likes, at both ends (the liker's row decides), and saves, at the saver's end only. */
@Injectable()
export class LikeRows {
  constructor(private readonly database: Database) {}

  /** Writes the likers' end. Returns the new likes, which the posts' end still lacks. No two of them may be the same. */
  async like(tx: Queryable, likes: readonly LikeOf[]): Promise<LikeOf[]> {
    if (likes.length === 0) return [];
    const { rows } = await tx.query<Pair>('like.insert', sql.insert, usersEnd(likes));
    return rows.map(likeOf);
  }

  async likeAtPosts(tx: Queryable, made: readonly LikeOf[]): Promise<void> {
    if (made.length > 0) await tx.query('postLike.insert', sql.insertOther, postsEnd(made));
  }

  /** Returns the removed likes, and whether each had counted. */
  async unlike(tx: Queryable, likes: readonly LikeOf[]): Promise<(LikeOf & { counted: boolean })[]> {
    if (likes.length === 0) return [];
    const { rows: taken } = await tx.query<Pair>('like.delete', sql.delete, usersEnd(likes));
    if (taken.length === 0) return [];
    const { rows } = await tx.query<Pair & { hidden: boolean }>(
      'postLike.delete',
      sql.deleteOther,
      postsEnd(taken.map(likeOf)),
    );
    return rows.map((row) => ({ ...likeOf(row), counted: !row.hidden }));
  }

  save(tx: Queryable, user: Id, post: Id): Promise<boolean> {
    return tx.touchesOne(
      'save.insert',
      `INSERT INTO saves (shard, user_id, post_id, id) VALUES ($1::int, $2, $3, next_id($1::int)) ON CONFLICT DO NOTHING`,
      keyOf(user, post),
    );
  }

  async unsave(tx: Queryable, user: Id, post: Id): Promise<void> {
    await tx.query(
      'save.delete',
      `DELETE FROM saves WHERE shard = $1 AND user_id = $2 AND post_id = $3`,
      keyOf(user, post),
    );
  }

  /** The people who liked a post, newest first. */
  likers(post: Id, page: KeyPage): Promise<Entry[]> {
    return entryPage(this.database, lists.likers, post, page);
  }

  liked(user: Id, page: KeyPage): Promise<Entry[]> {
    return entryPage(this.database, lists.liked, user, page);
  }

  saved(user: Id, page: KeyPage): Promise<Entry[]> {
    return entryPage(this.database, lists.saved, user, page);
  }

  /** Returns those of these posts that the reader marked. */
  markedAmong(mark: keyof typeof marked, reader: Id, posts: readonly Id[]): Promise<Id[]> {
    return this.database.values(
      `${mark}.among`,
      `SELECT asked.id AS post_id FROM unnest($3::bigint[]) AS asked(id)
       WHERE (SELECT true FROM ${marked[mark]} WHERE shard = $1 AND user_id = $2 AND post_id = asked.id)`,
      keyOf(reader, posts),
    );
  }

  /** The newest posts that the reader marked: newest by the post, not by when it was marked. */
  newestMarked(mark: keyof typeof marked, reader: Id, limit: number): Promise<Id[]> {
    return this.database.values(
      `${mark}.newest`,
      `SELECT post_id FROM ${marked[mark]} WHERE shard = $1 AND user_id = $2 ORDER BY post_id DESC LIMIT $3`,
      keyOf(reader, limit),
    );
  }
}
