import { Injectable } from '@nestjs/common';
import { shardOf, type Id } from '@app/platform';
import { Database } from '../database.js';
import type { Collection } from '../entities/like.js';
import { keyOf, type Queryable } from '../queryable.js';
import { entryPage, keyPage, type Entry, type KeyPage } from './entry-page.js';

const collected = {
  name: 'collectionPost.page',
  table: 'collection_posts',
  owner: 'collection_id',
  subject: 'post_id',
};

export type CollectionRow = Pick<Collection, 'id' | 'name' | 'posts_count' | 'created_at'>;

const columns = 'c.id, c.name, c.posts_count, c.created_at';

/** Removes $3 from collections of $2; both tables change in one statement, so that the count always matches the rows. */
const taking = (which = 'true'): string => `WITH taken AS (
    DELETE FROM collection_posts p USING collections c
    WHERE c.shard = $1 AND c.user_id = $2 AND ${which}
      AND p.shard = c.shard AND p.collection_id = c.id AND p.post_id = $3 RETURNING p.collection_id)
  UPDATE collections c SET posts_count = posts_count - 1 FROM taken WHERE c.shard = $1 AND c.id = taken.collection_id`;

/** Named collections of a person's saved posts, all on their own shard. */
@Injectable()
export class CollectionRows {
  constructor(private readonly database: Database) {}

  /** Null when there are already `most`. */
  insert(tx: Queryable, owner: Id, name: string, most: number): Promise<Id | null> {
    return tx.value(
      'collection.insert',
      `INSERT INTO collections (shard, id, user_id, name)
       SELECT $1::int, next_id($1::int), $2, $3
       WHERE (SELECT count(*) FROM collections WHERE shard = $1 AND user_id = $2) < $4 RETURNING id`,
      keyOf(owner, name, most),
    );
  }

  find(owner: Id, id: Id): Promise<CollectionRow | null> {
    return this.database.first(
      'collection.find',
      `SELECT ${columns} FROM collections c WHERE c.shard = $1 AND c.id = $2 AND c.user_id = $3`,
      [shardOf(owner), id, owner],
    );
  }

  page(owner: Id, page: KeyPage): Promise<CollectionRow[]> {
    const select = `SELECT ${columns} FROM collections c WHERE c.shard = $1 AND c.user_id = $2`;
    return keyPage(this.database, ['collection.page', select, keyOf(owner)], page);
  }

  /** Returns the new row; null keeps the name. */
  rename(owner: Id, id: Id, name: string | null): Promise<CollectionRow | null> {
    return this.database.first(
      'collection.rename',
      `UPDATE collections c SET name = coalesce($4, name) WHERE shard = $1 AND id = $2 AND user_id = $3
       RETURNING ${columns}`,
      [shardOf(owner), id, owner, name],
    );
  }

  /** False when there was none. */
  async remove(tx: Queryable, owner: Id, id: Id): Promise<boolean> {
    const { count } = await tx.query(
      'collection.delete',
      `DELETE FROM collections WHERE shard = $1 AND id = $2 AND user_id = $3`,
      [shardOf(owner), id, owner],
    );
    if (count === 0) return false;
    await tx.query(
      'collection.empty',
      `DELETE FROM collection_posts WHERE shard = $1 AND collection_id = $2`,
      [shardOf(owner), id],
    );
    return true;
  }

  /** False when the collection is not the person's. */
  async add(tx: Queryable, owner: Id, collection: Id, post: Id): Promise<boolean> {
    const { rows } = await tx.query(
      'collection.hold',
      `SELECT 1 FROM collections WHERE shard = $1 AND id = $2 AND user_id = $3 FOR KEY SHARE`,
      [shardOf(owner), collection, owner],
    );
    if (rows.length === 0) return false;
    await tx.query(
      'collectionPost.insert',
      `WITH added AS (
         INSERT INTO collection_posts (shard, collection_id, post_id, id) VALUES ($1::int, $2, $3, next_id($1::int))
         ON CONFLICT DO NOTHING RETURNING collection_id)
       UPDATE collections c SET posts_count = posts_count + 1 FROM added WHERE c.shard = $1 AND c.id = added.collection_id`,
      [shardOf(owner), collection, post],
    );
    return true;
  }

  async take(tx: Queryable, owner: Id, collection: Id, post: Id): Promise<void> {
    await tx.query('collectionPost.delete', taking('c.id = $4'), keyOf(owner, post, collection));
  }

  /** A post that is no longer saved leaves all collections. */
  async takeFromAll(tx: Queryable, owner: Id, post: Id): Promise<void> {
    await tx.query('collectionPost.deleteAll', taking(), keyOf(owner, post));
  }

  /** A collection's posts, newest first. The caller checks whose collection it is. */
  posts(collection: Id, page: KeyPage): Promise<Entry[]> {
    return entryPage(this.database, collected, collection, page);
  }
}
