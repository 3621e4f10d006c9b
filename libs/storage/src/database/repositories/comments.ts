import { Injectable } from '@nestjs/common';
import { shardOf, type Id } from '@app/platform';
import { Database } from '../database.js';
import { keyOf, type Queryable } from '../queryable.js';
import type { Comment } from '../entities/comment.js';

/** Comments live on their post's shard: a post and its comments are in one place. */
@Injectable()
export class CommentRows {
  constructor(private readonly database: Database) {}

  async insert(
    tx: Queryable,
    comment: Pick<Comment, 'post_id' | 'author_id' | 'reply_to' | 'root_id' | 'text' | 'entities'>,
  ): Promise<Id> {
    const { post_id, author_id, reply_to, root_id, text, entities } = comment;
    return (await tx.value<Id>(
      'comment.insert',
      `INSERT INTO comments (shard, id, post_id, author_id, reply_to, root_id, text, entities)
       VALUES ($1::int, next_id($1::int), $2, $3, $4, $5, $6, $7) RETURNING id`,
      keyOf(post_id, author_id, reply_to, root_id, text, JSON.stringify(entities)),
    )) as Id;
  }

  find(id: Id, connection: Queryable = this.database): Promise<Comment | null> {
    return connection.byId('comment.find', 'comments', id);
  }

  /** As `find`, also where a replica answers that lacks it. */
  findForSure(id: Id): Promise<Comment | null> {
    return this.database.findForSure((connection) => this.find(id, connection));
  }

  async findMany(ids: readonly Id[]): Promise<Comment[]> {
    return [...(await this.database.byIds<Comment>('comment.findMany', 'comments', ids)).values()];
  }

  lock(tx: Queryable, id: Id): Promise<Comment | null> {
    return tx.byId('comment.lock', 'comments', id, 'FOR UPDATE');
  }

  /** Deletes a comment, or leaves a gap if it has replies: the gap has no author, so no block hides it. */
  async remove(tx: Queryable, comment: Comment): Promise<void> {
    const place = keyOf(comment.id);
    const { rows } = await tx.query(
      'comment.replied',
      `SELECT 1 FROM comments WHERE shard = $1 AND reply_to = $2 LIMIT 1`,
      place,
    );
    if (rows.length === 0) {
      await tx.query('comment.delete', `DELETE FROM comments WHERE shard = $1 AND id = $2`, place);
    } else {
      await tx.query(
        'comment.gap',
        `UPDATE comments SET deleted = true, author_id = 0, hidden = false, text = '', entities = '[]' WHERE shard = $1 AND id = $2`,
        place,
      );
    }
  }

  /** False when it was already liked. */
  like(tx: Queryable, user: Id, comment: Id): Promise<boolean> {
    return tx.touchesOne(
      'commentLike.insert',
      `INSERT INTO comment_likes (shard, comment_id, user_id, id) VALUES ($1::int, $2, $3, next_id($1::int))
       ON CONFLICT DO NOTHING`,
      keyOf(comment, user),
    );
  }

  async unlike(tx: Queryable, user: Id, comment: Id): Promise<{ counted: boolean } | null> {
    const { rows } = await tx.query<{ hidden: boolean }>(
      'commentLike.delete',
      `DELETE FROM comment_likes WHERE shard = $1 AND comment_id = $2 AND user_id = $3 RETURNING hidden`,
      keyOf(comment, user),
    );
    return rows[0] ? { counted: !rows[0].hidden } : null;
  }

  /** Counts, including unfolded deltas, and which of these the reader likes. */
  async standings(
    comments: readonly Id[],
    reader: Id | null,
  ): Promise<Map<Id, { likes: number; replies: number; liked: boolean }>> {
    if (comments.length === 0) return new Map();
    const { rows } = await this.database.query<{ id: Id; likes: number; replies: number; liked: boolean }>(
      'comment.standings',
      `SELECT c.id,
         c.likes_count + coalesce((SELECT sum(d.delta) FROM count_deltas d
           WHERE d.shard = c.shard AND d.subject_id = c.id AND d.counter = 'comment.likes'), 0)::int AS likes,
         c.replies_count + coalesce((SELECT sum(d.delta) FROM count_deltas d
           WHERE d.shard = c.shard AND d.subject_id = c.id AND d.counter = 'comment.replies'), 0)::int AS replies,
         EXISTS (SELECT 1 FROM comment_likes l
           WHERE l.shard = c.shard AND l.comment_id = c.id AND l.user_id = $3) AS liked
       FROM unnest($1::int[], $2::bigint[]) AS wanted(shard, id)
       JOIN comments c ON c.shard = wanted.shard AND c.id = wanted.id`,
      [comments.map(shardOf), comments, reader],
    );
    return new Map(rows.map((row) => [row.id, row]));
  }
}
