import { Injectable } from '@nestjs/common';
import { shardOf, type Id } from '@app/platform';
import { Database } from '../database.js';
import type { Photo } from '../entities/photo.js';
import { keyOf, type Queryable } from '../queryable.js';

/** An original in the store. The hash of one that came by a presigned URL is unknown until the worker reads it. */
export interface Original {
  bytes: number;
  type: string;
  altText: string;
  sha256: Buffer | null;
  declaredSha256?: Buffer | null;
}

/** Where a new photo's original is: in the folder of its row in state `uploading`, or in a folder without one; `id`: the promised one. */
export type Place = { photoId: Id } | { folder: string; id?: Id | undefined };

/**
 * Photos: one uploaded image each. `uploading` names the folder before the first byte; `processing` once the bytes are
 * safe; `ready` or `rejected` by the current attempt.
 */
@Injectable()
export class PhotoRows {
  constructor(private readonly database: Database) {}

  /** For answers after which the owner gives the photo up. */
  async findForSure(id: Id): Promise<Photo | null> {
    return this.database.findForSure((connection) => connection.byId('photo.find', 'photos', id));
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
  async ofPosts(postIds: readonly Id[], connection: Queryable = this.database): Promise<Map<Id, Photo[]>> {
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

  /** The row of a photo whose bytes are about to be stored; it holds the quota of those that were declared. */
  async begin(tx: Queryable, owner: Id, folder: string, bytes: number): Promise<Id> {
    return (await tx.value<Id>(
      'photo.begin',
      `INSERT INTO photos (shard, id, owner_id, state, folder, bytes)
       VALUES ($1::int, next_id($1::int), $2, 'uploading', $3, $4) RETURNING id`,
      keyOf(owner, folder, bytes),
    )) as Id;
  }

  /** Makes a photo of an original that is safe in the store. Null when its row was swept meanwhile. */
  make(tx: Queryable, owner: Id, place: Place, original: Original): Promise<Id | null> {
    const { bytes, sha256, declaredSha256 = null, type, altText } = original;
    if ('photoId' in place)
      return tx.value(
        'photo.uploaded',
        `UPDATE photos SET state = 'processing', bytes = $3, sha256 = $4, type = $5, alt_text = $6
         WHERE shard = $1 AND id = $2 AND state = 'uploading' AND attempt = 0 RETURNING id`,
        keyOf(place.photoId, bytes, sha256, type, altText),
      );
    const { id = null, folder } = place;
    return tx.value(
      'photo.arrived',
      `INSERT INTO photos (shard, id, owner_id, state, folder, bytes, sha256, declared_sha256, type, alt_text)
       VALUES ($1::int, coalesce($2::bigint, next_id($1::int)), $3, 'processing', $4, $5, $6, $7, $8, $9) RETURNING id`,
      [shardOf(owner), id, owner, folder, bytes, sha256, declaredSha256, type, altText],
    );
  }

  /**
   * The role of an owner whose account is open, and stays so until the transaction ends: a photo made after the account was
   * erased would belong to nobody. Null when it is closed. Uploads of the same bytes by the same person are serialized here;
   * without a hash, nobody waits.
   */
  admit(tx: Queryable, owner: Id, sha256: Buffer | null): Promise<string | null> {
    return tx.value(
      'photo.admit',
      `SELECT role, pg_advisory_xact_lock(hashtextextended($3, 0)) FROM users
       WHERE shard = $1 AND id = $2 AND closed_at IS NULL FOR SHARE`,
      keyOf(owner, sha256 && `${owner} ${sha256.toString('hex')}`),
    );
  }

  /** A photo of the same bytes that its owner sent lately, and neither a post nor the profile shows; call `admit` with this hash first. */
  sameBytes(tx: Queryable, owner: Id, sha256: Buffer, seconds: number): Promise<Id | null> {
    return tx.value(
      'photo.sameBytes',
      `SELECT id FROM photos WHERE shard = $1 AND owner_id = $2 AND sha256 = $3 AND post_id IS NULL
         AND state IN ('processing', 'ready') AND created_at > now() - make_interval(secs => $4)
         AND id IS DISTINCT FROM (SELECT avatar_photo_id FROM users WHERE shard = $1 AND id = $2)
       ORDER BY id DESC LIMIT 1`,
      keyOf(owner, sha256, seconds),
    );
  }

  /** Whether a photo of this owner has this folder; reads all of the owner's rows. */
  hasFolder(owner: Id, folder: string): Promise<boolean> {
    return this.database.touchesOne(
      'photo.hasFolder',
      `SELECT 1 FROM photos WHERE shard = $1 AND owner_id = $2 AND folder = $3`,
      keyOf(owner, folder),
    );
  }

  /** Whether a post of this person shows a photo of these bytes. */
  isPosted(owner: Id, sha256: Buffer): Promise<boolean> {
    return this.database.touchesOne(
      'photo.isPosted',
      `SELECT 1 FROM photos WHERE shard = $1 AND owner_id = $2 AND sha256 = $3 AND post_id IS NOT NULL LIMIT 1`,
      keyOf(owner, sha256),
    );
  }

  /**
   * Gives an upload up: no photo comes of it, and its objects may be removed. Returns its folder. Null when it has become
   * a photo, even if its process saw a failure (a commit whose answer was lost).
   */
  giveUp(id: Id): Promise<string | null> {
    return this.database.value(
      'photo.giveUp',
      `UPDATE photos SET attempt = -1 WHERE shard = $1 AND id = $2 AND state = 'uploading' RETURNING folder`,
      keyOf(id),
    );
  }

  /** Deletes the row of an upload that was given up; the store holds nothing of it. */
  async forget(id: Id): Promise<void> {
    await this.database.query(
      'photo.forget',
      `DELETE FROM photos WHERE shard = $1 AND id = $2 AND state = 'uploading' AND attempt = -1`,
      keyOf(id),
    );
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
