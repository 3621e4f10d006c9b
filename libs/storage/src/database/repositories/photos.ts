import { Injectable } from '@nestjs/common';
import { shardOf, type Id } from '@app/platform';
import { Database, type Queryable } from '../database.js';
import { PIPELINE } from '@app/platform/photos';

export type PhotoState = 'uploading' | 'processing' | 'ready' | 'rejected';

export interface PhotoRow {
  id: Id;
  owner_id: Id;
  post_id: Id | null;
  position: number | null;
  state: PhotoState;
  attempt: number;
  folder: string;
  bytes: string | null;
  sha256: Buffer | null;
  declared_sha256: Buffer | null;
  type: string | null;
  alt_text: string;
  width: number | null;
  height: number | null;
  thumbhash: string | null;
  color: string | null;
  renditions: Record<string, { width: number; height: number; bytes: number }> | null;
  rejection: string | null;
  created_at: Date;
  crashes: number;
  crashed_at: Date | null;
  /** Known once a child has read it. */
  pixels: string | null;
  /** The folder of a ready photo's new renditions, while they are made. */
  next_folder: string | null;
}

export interface DevelopedFacts {
  width: number;
  height: number;
  thumbhash: string;
  color: string;
  renditions: NonNullable<PhotoRow['renditions']>;
  /** The original's, where the row has none yet. */
  sha256: Buffer | null;
}

/** The result of settling a photo. */
export interface Settled {
  owner_id: Id;
  post_id: Id | null;
  created_at: Date;
}

/** Clears earlier failures when an attempt succeeds. */
export const NOTHING_FAILS = `attempted_at = NULL, failing_since = NULL, due_at = NULL, error = NULL, crashes = 0, crashed_at = NULL`;

/**
 * Photos: one uploaded image each. `uploading` names the folder before the first byte; `processing` once the bytes are
 * safe; `ready` or `rejected` by the current attempt.
 */
@Injectable()
export class PhotoRows {
  constructor(private readonly database: Database) {}

  async find(id: Id): Promise<PhotoRow | null> {
    return (await this.findMany([id])).get(id) ?? null;
  }

  async findMany(ids: readonly Id[]): Promise<Map<Id, PhotoRow>> {
    if (ids.length === 0) return new Map();
    const { rows } = await this.database.query<PhotoRow>(
      'photo.findMany',
      `SELECT p.* FROM unnest($1::int[], $2::bigint[]) AS wanted(shard, id)
       JOIN photos p ON p.shard = wanted.shard AND p.id = wanted.id`,
      [ids.map(shardOf), ids],
    );
    return new Map(rows.map((row) => [row.id, row]));
  }

  /** Locks in id order, whatever the order requested, so that two transactions cannot deadlock. */
  async lockMany(tx: Queryable, owner: Id, ids: readonly Id[]): Promise<Map<Id, PhotoRow>> {
    const { rows } = await tx.query<PhotoRow>(
      'photo.lockMany',
      `SELECT * FROM photos WHERE shard = $1 AND owner_id = $2 AND id = ANY($3::bigint[]) AND state <> 'uploading'
       ORDER BY id FOR UPDATE`,
      [shardOf(owner), owner, ids],
    );
    return new Map(rows.map((row) => [row.id, row]));
  }

  /** All photos of posts, in their order. */
  async ofPosts(connection: Queryable, postIds: readonly Id[]): Promise<Map<Id, PhotoRow[]>> {
    const { rows } = await connection.query<PhotoRow>(
      'photo.ofPosts',
      `SELECT p.* FROM unnest($1::int[], $2::bigint[]) AS wanted(shard, id)
       JOIN photos p ON p.shard = wanted.shard AND p.post_id = wanted.id ORDER BY p.post_id, p.position`,
      [postIds.map(shardOf), postIds],
    );
    const photos = new Map<Id, PhotoRow[]>(postIds.map((id) => [id, []]));
    for (const row of rows) photos.get(row.post_id as Id)?.push(row);
    return photos;
  }

  async attach(tx: Queryable, postId: Id, photoIds: readonly Id[]): Promise<void> {
    await tx.query(
      'photo.attach',
      `UPDATE photos SET post_id = $2, position = wanted.position - 1
       FROM unnest($3::bigint[]) WITH ORDINALITY AS wanted(id, position)
       WHERE photos.shard = $1 AND photos.id = wanted.id`,
      [shardOf(postId), postId, photoIds],
    );
  }

  /** Releases the photos of a failed post, so that the good ones can be posted again. */
  async detach(tx: Queryable, postId: Id): Promise<void> {
    await tx.query(
      'photo.detach',
      `UPDATE photos SET post_id = NULL, position = NULL WHERE shard = $1 AND post_id = $2`,
      [shardOf(postId), postId],
    );
  }

  /** Null keeps the current text. */
  async changeAltText(tx: Queryable, id: Id, owner: Id, altText: string | null): Promise<PhotoRow | null> {
    const { rows } = await tx.query<PhotoRow>(
      'photo.changeAltText',
      `UPDATE photos SET alt_text = coalesce($4, alt_text) WHERE shard = $1 AND id = $2 AND owner_id = $3 AND state <> 'uploading' RETURNING *`,
      [shardOf(id), id, owner, altText],
    );
    return rows[0] ?? null;
  }

  /** The photo that is its owner's avatar, if any. */
  async avatarOf(tx: Queryable, owner: Id): Promise<Id | null> {
    const { rows } = await tx.query<{ avatar_photo_id: Id | null }>(
      'photo.avatarOf',
      `SELECT avatar_photo_id FROM users WHERE shard = $1 AND id = $2 FOR SHARE`,
      [shardOf(owner), owner],
    );
    return rows[0]?.avatar_photo_id ?? null;
  }

  /** The post that shows a photo, if any. Code that settles a photo locks its post first, which avoids deadlocks. */
  async postOf(tx: Queryable, id: Id): Promise<Id | null> {
    const { rows } = await tx.query<{ post_id: Id | null }>(
      'photo.postOf',
      `SELECT post_id FROM photos WHERE shard = $1 AND id = $2`,
      [shardOf(id), id],
    );
    return rows[0]?.post_id ?? null;
  }

  /**
   * Settles an attempt as `ready` and returns its post, if it has one; null when a newer attempt has begun, whose outcome
   * counts instead.
   */
  async ready(tx: Queryable, id: Id, attempt: number, facts: DevelopedFacts): Promise<Settled | null> {
    const { rows } = await tx.query<Settled>(
      'photo.ready',
      `UPDATE photos SET state = 'ready', settled_at = clock_timestamp(), width = $4::int, height = $5::int, thumbhash = $6,
         color = $7, renditions = $8, sha256 = coalesce(sha256, $9), pixels = $4::int::bigint * $5::int, pipeline = ${PIPELINE},
         ${NOTHING_FAILS}
       WHERE shard = $1 AND id = $2 AND attempt = $3 AND state = 'processing'
       RETURNING owner_id, post_id, created_at`,
      [
        shardOf(id),
        id,
        attempt,
        facts.width,
        facts.height,
        facts.thumbhash,
        facts.color,
        facts.renditions,
        facts.sha256,
      ],
    );
    return rows[0] ?? null;
  }

  async reject(tx: Queryable, id: Id, attempt: number, code: string): Promise<Settled | null> {
    const { rows } = await tx.query<Settled>(
      'photo.reject',
      `UPDATE photos SET state = 'rejected', settled_at = clock_timestamp(), rejection = $4,
         pipeline = ${PIPELINE}, attempted_at = NULL, due_at = NULL
       WHERE shard = $1 AND id = $2 AND attempt = $3 AND state = 'processing'
       RETURNING owner_id, post_id, created_at`,
      [shardOf(id), id, attempt, code],
    );
    return rows[0] ?? null;
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
