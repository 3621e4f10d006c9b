import { Injectable } from '@nestjs/common';
import { shardOf, type Id } from '@app/platform';
import { Database, type Queryable } from '../database.js';

export interface Uploaded {
  bytes: number;
  sha256: Buffer;
  type: string;
  altText: string;
}

/** An original that is in the store; the hash of a direct upload is unknown until the worker reads it. */
export interface Arrived extends Omit<Uploaded, 'sha256'> {
  sha256: Buffer | null;
  declaredSha256?: Buffer | null;
  /** The promised id; without one, a fresh id. */
  id?: Id | undefined;
}

/** Photos being uploaded: from the row that names the folder before any byte arrives, to `processing` or to deletion. */
@Injectable()
export class ArrivalRows {
  constructor(private readonly database: Database) {}

  async begin(owner: Id, folder: string): Promise<Id> {
    const { rows } = await this.database.query<{ id: Id }>(
      'photo.begin',
      `INSERT INTO photos (shard, id, owner_id, state, folder)
       VALUES ($1::int, next_id($1::int), $2, 'uploading', $3) RETURNING id`,
      [shardOf(owner), owner, folder],
    );
    return (rows[0] as { id: Id }).id;
  }

  /** Marks the upload as safe in the store. False when the row has been swept. */
  async uploaded(tx: Queryable, id: Id, { bytes, sha256, type, altText }: Uploaded): Promise<boolean> {
    const { count } = await tx.query(
      'photo.uploaded',
      `UPDATE photos SET state = 'processing', bytes = $3, sha256 = $4, type = $5, alt_text = $6
       WHERE shard = $1 AND id = $2 AND state = 'uploading' AND attempt = 0`,
      [shardOf(id), id, bytes, sha256, type, altText],
    );
    return count === 1;
  }

  /** Inserts a photo whose original is already in the store. */
  async arrived(tx: Queryable, owner: Id, folder: string, arrived: Arrived): Promise<Id> {
    const { id = null, bytes, sha256, declaredSha256 = null, type, altText } = arrived;
    const { rows } = await tx.query<{ id: Id }>(
      'photo.arrived',
      `INSERT INTO photos (shard, id, owner_id, state, folder, bytes, sha256, declared_sha256, type, alt_text)
       VALUES ($1::int, coalesce($2::bigint, next_id($1::int)), $3, 'processing', $4, $5, $6, $7, $8, $9) RETURNING id`,
      [shardOf(owner), id, owner, folder, bytes, sha256, declaredSha256, type, altText],
    );
    return (rows[0] as { id: Id }).id;
  }

  /**
   * Whether an owner's account is open, and stays so until the transaction ends: a photo made after the account was
   * erased would belong to nobody. Uploads of the same bytes by the same person are serialized here; without a hash,
   * nobody waits.
   */
  async admit(tx: Queryable, owner: Id, sha256: Buffer | null): Promise<boolean> {
    const { rows } = await tx.query(
      'photo.admit',
      `SELECT pg_advisory_xact_lock(hashtextextended($3, 0)) FROM users
       WHERE shard = $1 AND id = $2 AND closed_at IS NULL FOR SHARE`,
      [shardOf(owner), owner, sha256 && `${owner} ${sha256.toString('hex')}`],
    );
    return rows.length === 1;
  }

  /** A photo of the same bytes that its owner sent lately and has not posted; call `admit` with this hash first. */
  async sameBytes(tx: Queryable, owner: Id, sha256: Buffer, seconds: number): Promise<Id | null> {
    const { rows } = await tx.query<{ id: Id }>(
      'photo.sameBytes',
      `SELECT id FROM photos WHERE shard = $1 AND owner_id = $2 AND sha256 = $3 AND post_id IS NULL
         AND state IN ('processing', 'ready') AND created_at > now() - make_interval(secs => $4)
       ORDER BY id DESC LIMIT 1`,
      [shardOf(owner), owner, sha256, seconds],
    );
    return rows[0]?.id ?? null;
  }

  /** Whether a photo of this owner has this folder; reads all of the owner's rows. */
  async hasFolder(owner: Id, folder: string): Promise<boolean> {
    const { rows } = await this.database.query(
      'photo.hasFolder',
      `SELECT 1 FROM photos WHERE shard = $1 AND owner_id = $2 AND folder = $3`,
      [shardOf(owner), owner, folder],
    );
    return rows.length > 0;
  }

  /**
   * Gives an upload up: no photo comes of it, and its objects may be removed. Returns its folder. Null when it has become
   * a photo, even if its process saw a failure (a commit whose answer was lost).
   */
  async giveUp(id: Id): Promise<string | null> {
    const { rows } = await this.database.query<{ folder: string }>(
      'photo.giveUp',
      `UPDATE photos SET attempt = -1 WHERE shard = $1 AND id = $2 AND state = 'uploading' RETURNING folder`,
      [shardOf(id), id],
    );
    return rows[0]?.folder ?? null;
  }

  /** Deletes the row of an upload that was given up; the store holds nothing of it. */
  async forget(id: Id): Promise<void> {
    await this.database.query(
      'photo.forget',
      `DELETE FROM photos WHERE shard = $1 AND id = $2 AND state = 'uploading' AND attempt = -1`,
      [shardOf(id), id],
    );
  }
}
