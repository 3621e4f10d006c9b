import { Injectable } from '@nestjs/common';
import { shardOf, type Id } from '@app/platform';
import { Database } from '../database.js';
import type { Photo } from '../entities/photo.js';
import { keyOf, type Queryable } from '../queryable.js';
import { PIPELINE } from '@app/platform/photos';

/** What was found out of an original, and made of it; `sha256` is the original's, where the row has none yet. */
export type DevelopedFacts = {
  [Fact in 'width' | 'height' | 'thumbhash' | 'color' | 'renditions']: NonNullable<Photo[Fact]>;
} & Pick<Photo, 'sha256'>;

/** The result of settling a photo. */
export type Settled = Pick<Photo, 'owner_id' | 'post_id' | 'created_at'>;

/** Clears earlier failures when an attempt succeeds. */
export const NOTHING_FAILS = `attempted_at = NULL, failing_since = NULL, due_at = NULL, error = NULL, crashes = 0, crashed_at = NULL`;

/**
 * Photos: one uploaded image each. `uploading` names the folder before the first byte; `processing` once the bytes are
 * safe; `ready` or `rejected` by the current attempt.
 */
@Injectable()
export class PhotoRows {
  constructor(private readonly database: Database) {}

  async find(id: Id): Promise<Photo | null> {
    return (await this.findMany([id])).get(id) ?? null;
  }

  findMany(ids: readonly Id[]): Promise<Map<Id, Photo>> {
    return this.database.byIds('photo.findMany', 'photos', ids);
  }

  /** Locks in id order, whatever the order requested, so that two transactions cannot deadlock. */
  async lockMany(tx: Queryable, owner: Id, ids: readonly Id[]): Promise<Map<Id, Photo>> {
    const { rows } = await tx.query<Photo>(
      'photo.lockMany',
      `SELECT * FROM photos WHERE shard = $1 AND owner_id = $2 AND id = ANY($3::bigint[]) AND state <> 'uploading'
       ORDER BY id FOR UPDATE`,
      keyOf(owner, ids),
    );
    return new Map(rows.map((row) => [row.id, row]));
  }

  /** All photos of posts, in their order. */
  async ofPosts(connection: Queryable, postIds: readonly Id[]): Promise<Map<Id, Photo[]>> {
    const { rows } = await connection.query<Photo>(
      'photo.ofPosts',
      `SELECT p.* FROM unnest($1::int[], $2::bigint[]) AS wanted(shard, id)
       JOIN photos p ON p.shard = wanted.shard AND p.post_id = wanted.id ORDER BY p.post_id, p.position`,
      [postIds.map(shardOf), postIds],
    );
    const photos = new Map<Id, Photo[]>(postIds.map((id) => [id, []]));
    for (const row of rows) photos.get(row.post_id as Id)?.push(row);
    return photos;
  }

  async attach(tx: Queryable, postId: Id, photoIds: readonly Id[]): Promise<void> {
    await tx.query(
      'photo.attach',
      `UPDATE photos SET post_id = $2, position = wanted.position - 1
       FROM unnest($3::bigint[]) WITH ORDINALITY AS wanted(id, position)
       WHERE photos.shard = $1 AND photos.id = wanted.id`,
      keyOf(postId, photoIds),
    );
  }

  /** Releases the photos of a failed post, so that the good ones can be posted again. */
  async detach(tx: Queryable, postId: Id): Promise<void> {
    await tx.query(
      'photo.detach',
      `UPDATE photos SET post_id = NULL, position = NULL WHERE shard = $1 AND post_id = $2`,
      keyOf(postId),
    );
  }

  /** Null keeps the current text. */
  changeAltText(tx: Queryable, id: Id, owner: Id, altText: string | null): Promise<Photo | null> {
    return tx.first(
      'photo.changeAltText',
      `UPDATE photos SET alt_text = coalesce($4, alt_text) WHERE shard = $1 AND id = $2 AND owner_id = $3 AND state <> 'uploading' RETURNING *`,
      keyOf(id, owner, altText),
    );
  }

  /** The photo that is its owner's avatar, if any. */
  avatarOf(tx: Queryable, owner: Id): Promise<Id | null> {
    return tx.value(
      'photo.avatarOf',
      `SELECT avatar_photo_id FROM users WHERE shard = $1 AND id = $2 FOR SHARE`,
      keyOf(owner),
    );
  }

  /** The post that shows a photo, if any. Code that settles a photo locks its post first, which avoids deadlocks. */
  postOf(tx: Queryable, id: Id): Promise<Id | null> {
    return tx.value('photo.postOf', `SELECT post_id FROM photos WHERE shard = $1 AND id = $2`, keyOf(id));
  }

  /**
   * Settles an attempt as `ready` and returns its post, if it has one; null when a newer attempt has begun, whose outcome
   * counts instead.
   */
  ready(tx: Queryable, id: Id, attempt: number, facts: DevelopedFacts): Promise<Settled | null> {
    return tx.first(
      'photo.ready',
      `UPDATE photos SET state = 'ready', settled_at = clock_timestamp(), width = $4::int, height = $5::int, thumbhash = $6,
         color = $7, renditions = $8, sha256 = coalesce(sha256, $9), pixels = $4::int::bigint * $5::int, pipeline = ${PIPELINE},
         ${NOTHING_FAILS}
       WHERE shard = $1 AND id = $2 AND attempt = $3 AND state = 'processing'
       RETURNING owner_id, post_id, created_at`,
      keyOf(
        id,
        attempt,
        facts.width,
        facts.height,
        facts.thumbhash,
        facts.color,
        facts.renditions,
        facts.sha256,
      ),
    );
  }

  reject(tx: Queryable, id: Id, attempt: number, code: string): Promise<Settled | null> {
    return tx.first(
      'photo.reject',
      `UPDATE photos SET state = 'rejected', settled_at = clock_timestamp(), rejection = $4,
         pipeline = ${PIPELINE}, attempted_at = NULL, due_at = NULL
       WHERE shard = $1 AND id = $2 AND attempt = $3 AND state = 'processing'
       RETURNING owner_id, post_id, created_at`,
      keyOf(id, attempt, code),
    );
  }

  /** Deletes rows and leaves every folder that they have or had to the trash; returns the trash's ids. */
  async discard(tx: Queryable, ids: readonly Id[]): Promise<Id[]> {
    if (ids.length === 0) return [];
    const { rows } = await tx.query<{ id: Id }>(
      'photo.discard',
      `WITH gone AS (
         DELETE FROM photos USING unnest($1::int[], $2::bigint[]) AS wanted(shard, id)
         WHERE photos.shard = wanted.shard AND photos.id = wanted.id
         RETURNING photos.shard, photos.id, photos.folder, photos.next_folder)
       INSERT INTO trash (shard, id, folder) SELECT shard, id, folder FROM gone
       UNION ALL SELECT shard, next_id(shard), next_folder FROM gone WHERE next_folder IS NOT NULL
       RETURNING id`,
      [ids.map(shardOf), ids],
    );
    // A statement of its own: its snapshot has what a worker replaced while the first one waited for its rows.
    const served = await tx.query<{ id: Id }>(
      'photo.discardReplaced',
      `UPDATE trash SET photo_id = NULL, trashed_on = current_date FROM unnest($1::int[], $2::bigint[]) AS wanted(shard, id)
       WHERE trash.shard = wanted.shard AND trash.photo_id = wanted.id RETURNING trash.id`,
      [ids.map(shardOf), ids],
    );
    return [...rows, ...served.rows].map(({ id }) => id);
  }
}
