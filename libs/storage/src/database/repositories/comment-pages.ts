import { Injectable } from '@nestjs/common';
import { shardOf, type Id } from '@app/platform';
import { Database } from '../database.js';
import type { Comment } from '../entities/comment.js';
import { keyOf } from '../queryable.js';
import type { KeyPage } from './entry-page.js';

/** Lists of comments by id: $1 is the shard, $2 the post or the comment above. Each is read along an index that holds its order. */
const lists = {
  'comment.page': 'post_id = $2',
  'comment.roots': 'post_id = $2 AND reply_to IS NULL',
  'comment.thread': 'coalesce(root_id, reply_to) = $2 AND reply_to IS NOT NULL',
  'comment.answers': 'reply_to = $2',
} as const;

/** A root's place among those of its post, most liked first. */
export type Rank = Pick<Comment, 'likes_count' | 'id'>;

/** A page of that order: below `after`, or just above `before`; at most one of the two. */
export interface RankPage {
  limit: number;
  after: Rank | null;
  before: Rank | null;
}

/** The index alone gives the page's ids, and each row is then read by its key. */
const rowsOf = (
  page: string,
  order: string,
): string => `SELECT c.* FROM (${page} ORDER BY ${order} LIMIT $5) AS page
  CROSS JOIN LATERAL (SELECT * FROM comments WHERE shard = $1 AND id = page.id LIMIT 1) AS c ORDER BY ${order}`;

/** Pages of comments by key, however deep at the same cost. */
@Injectable()
export class CommentPages {
  constructor(private readonly database: Database) {}

  /** All comments of a post, oldest first. As in all lists `before` and `after` mean ids below and above. */
  ofPost(post: Id, page: KeyPage): Promise<Comment[]> {
    return this.byId('comment.page', post, page, 'oldest');
  }

  /** A post's comments that answer none. */
  roots(post: Id, page: KeyPage, first: 'oldest' | 'newest'): Promise<Comment[]> {
    return this.byId('comment.roots', post, page, first);
  }

  /** All replies below a root, oldest first. */
  thread(root: Id, page: KeyPage): Promise<Comment[]> {
    return this.byId('comment.thread', root, page, 'oldest');
  }

  /** Replies to this very comment, oldest first. */
  answers(comment: Id, page: KeyPage): Promise<Comment[]> {
    return this.byId('comment.answers', comment, page, 'oldest');
  }

  private async byId(
    name: keyof typeof lists,
    above: Id,
    { limit, before, after }: KeyPage,
    first: 'oldest' | 'newest',
  ): Promise<Comment[]> {
    const upwards = (first === 'oldest' ? before : after) !== null;
    const order = (first === 'oldest') === upwards ? 'page.id DESC' : 'page.id';
    const rows = await this.database.list<Comment>(
      name,
      rowsOf(
        `SELECT page.id FROM comments page WHERE shard = $1 AND ${lists[name]} AND NOT hidden
           AND ($3::bigint IS NULL OR id < $3) AND ($4::bigint IS NULL OR id > $4)`,
        order,
      ),
      keyOf(above, before, after, limit),
    );
    return upwards ? rows.toReversed() : rows;
  }

  /** A post's comments that answer none, by their likes as last folded, most first, and of equals the newest first. */
  async best(post: Id, { limit, after, before }: RankPage): Promise<Comment[]> {
    const [way, beyond] = before === null ? ['DESC', '<'] : ['ASC', '>'];
    const from = before ?? after;
    const rows = await this.database.list<Comment>(
      'comment.best',
      rowsOf(
        `SELECT page.likes_count, page.id FROM comments page WHERE shard = $1 AND ${lists['comment.roots']} AND NOT hidden
           AND ($3::int IS NULL OR (likes_count, id) ${beyond} ($3, $4::bigint))`,
        `page.likes_count ${way}, page.id ${way}`,
      ),
      keyOf(post, from?.likes_count ?? null, from?.id ?? null, limit),
    );
    return before === null ? rows : rows.toReversed();
  }

  /** The oldest replies below each of a post's roots, at most so many of each. */
  firstReplies(post: Id, roots: readonly Id[], each: number): Promise<Comment[]> {
    return this.database.list(
      'comment.firstReplies',
      `SELECT c.* FROM unnest($2::bigint[]) AS root(id)
       CROSS JOIN LATERAL (SELECT id FROM comments WHERE shard = $1 AND coalesce(root_id, reply_to) = root.id
         AND reply_to IS NOT NULL AND NOT hidden ORDER BY id LIMIT $3) AS page
       CROSS JOIN LATERAL (SELECT * FROM comments WHERE shard = $1 AND id = page.id LIMIT 1) AS c
       ORDER BY page.id`,
      [shardOf(post), roots, each],
    );
  }
}
