import { Injectable } from '@nestjs/common';
import { shardOf, type Id } from '@app/platform';
import { Database } from '../database.js';
import { keyOf, type Queryable } from '../queryable.js';

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
    return (await this.database.value<Id>(
      'photo.begin',
      `INSERT INTO photos (shard, id, owner_id, state, folder)
       VALUES ($1::int, next_id($1::int), $2, 'uploading', $3) RETURNING id`,
      keyOf(owner, folder),
    )) as Id;
  }

  /** Marks the upload as safe in the store. False when the row has been swept. */
  uploaded(tx: Queryable, id: Id, { bytes, sha256, type, altText }: Uploaded): Promise<boolean> {
    return tx.touchesOne(
      'photo.uploaded',
      `UPDATE photos SET state = 'processing', bytes = $3, sha256 = $4, type = $5, alt_text = $6
       WHERE shard = $1 AND id = $2 AND state = 'uploading' AND attempt = 0`,
      keyOf(id, bytes, sha256, type, altText),
    );
  }

  /** Inserts a photo whose original is already in the store. */
  async arrived(tx: Queryable, owner: Id, folder: string, arrived: Arrived): Promise<Id> {
    const { id = null, bytes, sha256, declaredSha256 = null, type, altText } = arrived;
    return (await tx.value<Id>(
      'photo.arrived',
      `INSERT INTO photos (shard, id, owner_id, state, folder, bytes, sha256, declared_sha256, type, alt_text)
       VALUES ($1::int, coalesce($2::bigint, next_id($1::int)), $3, 'processing', $4, $5, $6, $7, $8, $9) RETURNING id`,
      [shardOf(owner), id, owner, folder, bytes, sha256, declaredSha256, type, altText],
    )) as Id;
  }

  /**
   * Whether an owner's account is open, and stays so until the transaction ends: a photo made after the account was
   * erased would belong to nobody. Uploads of the same bytes by the same person are serialized here; without a hash,
   * nobody waits.
   */
  admit(tx: Queryable, owner: Id, sha256: Buffer | null): Promise<boolean> {
    return tx.touchesOne(
      'photo.admit',
      `SELECT pg_advisory_xact_lock(hashtextextended($3, 0)) FROM users
       WHERE shard = $1 AND id = $2 AND closed_at IS NULL FOR SHARE`,
      keyOf(owner, sha256 && `${owner} ${sha256.toString('hex')}`),
    );
  }

  /** A photo of the same bytes that its owner sent lately and has not posted; call `admit` with this hash first. */
  sameBytes(tx: Queryable, owner: Id, sha256: Buffer, seconds: number): Promise<Id | null> {
    return tx.value(
      'photo.sameBytes',
      `SELECT id FROM photos WHERE shard = $1 AND owner_id = $2 AND sha256 = $3 AND post_id IS NULL
         AND state IN ('processing', 'ready') AND created_at > now() - make_interval(secs => $4)
       ORDER BY id DESC LIMIT 1`,
      keyOf(owner, sha256, seconds),
    );
  }

  /** Whether a photo of this owner has this folder; reads all of the owner's rows. */
  async hasFolder(owner: Id, folder: string): Promise<boolean> {
    const { rows } = await this.database.query(
      'photo.hasFolder',
      `SELECT 1 FROM photos WHERE shard = $1 AND owner_id = $2 AND folder = $3`,
      keyOf(owner, folder),
    );
    return rows.length > 0;
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
}
