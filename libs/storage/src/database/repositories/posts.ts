import { Injectable } from '@nestjs/common';
import { shardOf, type Id } from '@app/platform';
import { Database } from '../database.js';
import { keyOf, type Queryable } from '../queryable.js';
import type { Post } from '../entities/post.js';
import type { User } from '../entities/user.js';
import { keyPage, type Entry, type KeyPage } from './entry-page.js';

/** The fields of a post and its author that decide who may see it. */
export type HeldPost = Pick<Post, 'id' | 'author_id' | 'state' | 'archived' | 'comments_closed'> &
  Pick<User, 'private' | 'closed_at'>;

const fields = [
  'caption',
  'caption_entities',
  'place_name',
  'latitude',
  'longitude',
  'sensitive',
  'content_warning',
  'comments_closed',
  'archived',
  'taken_at',
  'listed_as',
] as const satisfies readonly (keyof Post)[];

/** Where a post stands in its author's lists: see the column `listed_as`. */
const PLACE = 'coalesce(listed_as, id)';

export type PostFields = Partial<Pick<Post, (typeof fields)[number]>>;

/** pg would write a list as a PostgreSQL array; the column is jsonb. */
function valuesOf(change: PostFields, columns: readonly (keyof PostFields)[]): unknown[] {
  return columns.map((column) =>
    column === 'caption_entities' ? JSON.stringify(change[column]) : change[column],
  );
}

@Injectable()
export class PostRows {
  constructor(private readonly database: Database) {}

  async insert(tx: Queryable, author: Id, change: PostFields): Promise<Id> {
    const columns = fields.filter((column) => change[column] !== undefined);
    const names = columns.map((column) => `, ${column}`).join('');
    const places = columns.map((_, index) => `, $${index + 3}`).join('');
    return (await tx.value<Id>(
      'post.insert',
      `INSERT INTO posts (shard, id, author_id, state${names})
       VALUES ($1::int, next_id($1::int), $2, 'publishing'${places}) RETURNING id`,
      keyOf(author, ...valuesOf(change, columns)),
    )) as Id;
  }

  lock(tx: Queryable, id: Id): Promise<Post | null> {
    return tx.byId('post.lock', 'posts', id, 'FOR UPDATE');
  }

  /** Keeps a post from being deleted until this transaction ends; false when it is gone. Many may hold it at once. */
  hold(tx: Queryable, id: Id): Promise<boolean> {
    return tx.touchesOne(
      'post.hold',
      `SELECT 1 FROM posts WHERE shard = $1 AND id = $2 FOR KEY SHARE`,
      keyOf(id),
    );
  }

  /**
   * Like `hold`, for many posts, with the fields that the rules need. With `wait: false` posts that are locked now are
   * missing in the result, like deleted ones.
   */
  async holdMany(tx: Queryable, ids: readonly Id[], { wait }: { wait: boolean }): Promise<Map<Id, HeldPost>> {
    const rows = await tx.list<HeldPost>(
      wait ? 'post.holdMany' : 'post.holdFree',
      `SELECT p.id, p.author_id, p.state, p.archived, p.comments_closed, u.private, u.closed_at
       FROM unnest($1::int[], $2::bigint[]) AS wanted(shard, id)
       JOIN posts p ON p.shard = wanted.shard AND p.id = wanted.id
       JOIN users u ON u.shard = p.shard AND u.id = p.author_id
       ORDER BY p.shard, p.id FOR KEY SHARE OF p${wait ? '' : ' SKIP LOCKED'}`,
      [ids.map(shardOf), ids],
    );
    return new Map(rows.map((row) => [row.id, row]));
  }

  async find(id: Id, connection: Queryable = this.database): Promise<Post | null> {
    return (await this.findMany([id], connection)).get(id) ?? null;
  }

  findMany(ids: readonly Id[], connection: Queryable = this.database): Promise<Map<Id, Post>> {
    return connection.byIds('post.findMany', 'posts', ids);
  }

  /**
   * A page of an author's posts, imported ones among them by their date; `own` includes unpublished and failed ones; archived ones have
   * a list of their own. An entry's id is its place, its subject the post.
   */
  ofAuthor(author: Id, own: boolean, page: KeyPage): Promise<Entry[]> {
    const select = `SELECT ${PLACE} AS id, id AS subject FROM posts
       WHERE shard = $1 AND author_id = $2 AND ($3 OR state = 'published') AND NOT archived`;
    return keyPage(this.database, ['post.ofAuthor', select, keyOf(author, own)], page, PLACE);
  }

  /** A page of an author's archived posts, newest first. */
  archivedOf(author: Id, page: KeyPage): Promise<Entry[]> {
    const select = `SELECT ${PLACE} AS id, id AS subject FROM posts WHERE shard = $1 AND author_id = $2 AND archived`;
    return keyPage(this.database, ['post.archivedOf', select, keyOf(author)], page, PLACE);
  }

  /** `edited`: something else of it was edited in the same transaction. */
  async change(tx: Queryable, id: Id, change: PostFields, edited = false): Promise<void> {
    const columns = fields.filter((column) => change[column] !== undefined);
    const sets = columns.map((column, index) => `, ${column} = $${index + 3}`);
    // Closing comments does not edit the post.
    if (edited || columns.some((column) => column !== 'comments_closed'))
      sets.push(', edited_at = clock_timestamp()');
    await tx.query(
      'post.change',
      `UPDATE posts SET version = version + 1${sets.join('')} WHERE shard = $1 AND id = $2`,
      keyOf(id, ...valuesOf(change, columns)),
    );
  }

  async archive(tx: Queryable, id: Id, archived: boolean): Promise<void> {
    await tx.query(
      'post.archive',
      `UPDATE posts SET archived = $3, version = version + 1 WHERE shard = $1 AND id = $2`,
      keyOf(id, archived),
    );
  }

  /** Increments the version, for content that the post only shows: a photo's text. */
  async touch(tx: Queryable, id: Id): Promise<void> {
    await tx.query(
      'post.touch',
      `UPDATE posts SET version = version + 1 WHERE shard = $1 AND id = $2`,
      keyOf(id),
    );
  }

  /**
   * Publishes now; the size of the author's audience decides here whether the post will be fanned out. Returns whether it
   * counts as a post: a synthetic person's does not.
   */
  async publish(tx: Queryable, id: Id, author: Id): Promise<boolean> {
    const { rows } = await tx.query<{ fanned_out: boolean; counts: boolean }>(
      'post.publish',
      `UPDATE posts SET state = 'published', published_at = clock_timestamp(), version = posts.version + 1,
         fanned_out = taken_at IS NOT NULL OR (SELECT audience < 2 FROM users WHERE shard = $1 AND id = $3 FOR SHARE)
       WHERE shard = $1 AND id = $2 
       RETURNING fanned_out, (SELECT role <> 'synthetic' FROM users WHERE shard = $1 AND id = $3) AS counts`,
      keyOf(id, author),
    );
    const counts = rows[0]?.counts ?? true;
    if (rows[0]?.fanned_out !== false) return counts;
    await tx.query(
      'user.newestUnfanned',
      `UPDATE users SET newest_unfanned_post_id = greatest(newest_unfanned_post_id, $3) WHERE shard = $1 AND id = $2`,
      keyOf(author, id),
    );
    return counts;
  }

  /** `photoIds`: all photos of the post, in order; they are released. */
  async fail(
    tx: Queryable,
    id: Id,
    failure: { code: string; photoId: Id },
    photoIds: readonly Id[],
  ): Promise<void> {
    await tx.query(
      'post.fail',
      `UPDATE posts SET state = 'failed', failure = $3, failed_photo_id = $4, released_photo_ids = $5::bigint[],
         version = version + 1
       WHERE shard = $1 AND id = $2`,
      keyOf(id, failure.code, failure.photoId, photoIds),
    );
  }

  async remove(tx: Queryable, id: Id): Promise<void> {
    await tx.query('post.remove', `DELETE FROM posts WHERE shard = $1 AND id = $2`, keyOf(id));
  }
}
