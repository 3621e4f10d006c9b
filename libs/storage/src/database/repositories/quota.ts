import { Injectable } from '@nestjs/common';
import type { Id } from '@app/platform';
import { Database } from '../database.js';
import { keyOf, type Queryable } from '../queryable.js';

/** A person's use of their quota. */
export interface Usage {
  /** Bytes of stored originals, and those that forms which are still read declared. */
  bytes: number;
  /** Bytes that resumable and direct uploads declared and that are no photo yet. */
  reserved: number;
  /** How many those are. */
  open: number;
  /** Photos made today, in UTC. */
  photos: number;
  /** Bytes of those. */
  bytesToday: number;
}

/**
 * Quotas are derived from rows: bytes are summed, so that nothing can make the sum wrong; a day's photos and bytes are counted
 * in the transaction that makes the photo, since deleting one does not give the day back.
 */
@Injectable()
export class QuotaRows {
  constructor(private readonly database: Database) {}

  /** Without what `except`, a photo or an upload, holds. Its bytes are subtracted, since the index of the sum has no ids. */
  async read(owner: Id, connection: Queryable = this.database, except: Id = '0'): Promise<Usage> {
    const usage = await connection.first<Record<keyof Usage | 'own', string | null>>(
      'quota.read',
      `SELECT (SELECT sum(bytes) FROM photos WHERE shard = $1 AND owner_id = $2) AS bytes,
         (SELECT bytes FROM photos WHERE shard = $1 AND id = $3) AS own,
         u.reserved, u.open, today.photos, today.bytes AS "bytesToday"
       FROM (SELECT sum(length) AS reserved, count(*) AS open FROM uploads
             WHERE shard = $1 AND owner_id = $2 AND state = 'receiving' AND purpose = 'photo' AND id <> $3) u
       LEFT JOIN photo_usage today ON today.shard = $1 AND today.owner_id = $2
         AND today.day >= (now() AT TIME ZONE 'UTC')::date`,
      keyOf(owner, except),
    );
    // Number(null) is 0.
    return {
      bytes: Number(usage?.bytes) - Number(usage?.own),
      reserved: Number(usage?.reserved),
      open: Number(usage?.open),
      photos: Number(usage?.photos),
      bytesToday: Number(usage?.bytesToday),
    };
  }

  /** A person's zips that are on their way or being imported, and the imports that they began within `seconds`. */
  async imports(tx: Queryable, owner: Id, seconds: number): Promise<{ open: number; lately: number }> {
    const found = await tx.first<{ open: string; lately: string }>(
      'quota.imports',
      `SELECT (SELECT count(*) FROM uploads WHERE shard = $1 AND owner_id = $2 AND state = 'receiving' AND purpose = 'import')
           + count(*) FILTER (WHERE state IN ('queued', 'importing')) AS open,
         count(*) FILTER (WHERE created_at > now() - make_interval(secs => $3)) AS lately
       FROM transfers WHERE shard = $1 AND user_id = $2 AND kind = 'import'`,
      keyOf(owner, seconds),
    );
    return { open: Number(found?.open), lately: Number(found?.lately) };
  }

  /** Locks a person's quota until the transaction ends. */
  async lock(tx: Queryable, owner: Id): Promise<void> {
    await tx.query(
      'quota.lock',
      `INSERT INTO photo_usage AS usage (shard, owner_id, day, photos)
       VALUES ($1, $2, (now() AT TIME ZONE 'UTC')::date, 0)
       ON CONFLICT (shard, owner_id) DO UPDATE SET photos = usage.photos`,
      keyOf(owner),
    );
  }

  /** Counts one more photo today. Locks: a person's photos are made one by one. */
  async countPhoto(tx: Queryable, owner: Id, bytes: number): Promise<void> {
    await tx.query(
      'quota.countPhoto',
      `INSERT INTO photo_usage AS usage (shard, owner_id, day, photos, bytes)
       VALUES ($1, $2, (now() AT TIME ZONE 'UTC')::date, 1, $3)
       ON CONFLICT (shard, owner_id) DO UPDATE SET day = greatest(usage.day, excluded.day),
         photos = CASE WHEN usage.day >= excluded.day THEN usage.photos + 1 ELSE 1 END,
         bytes = CASE WHEN usage.day >= excluded.day THEN usage.bytes + excluded.bytes ELSE excluded.bytes END`,
      keyOf(owner, bytes),
    );
  }

  /** For a closed account: its uploads are swept, its count is deleted. */
  async forget(tx: Queryable, owner: Id): Promise<void> {
    await tx.query(
      'quota.endUploads',
      `UPDATE uploads SET expires_at = least(expires_at, now()), writer = NULL,
         state = CASE WHEN state = 'receiving' THEN 'ended' ELSE state END WHERE shard = $1 AND owner_id = $2`,
      keyOf(owner),
    );
    await tx.query(
      'quota.forget',
      `DELETE FROM photo_usage WHERE shard = $1 AND owner_id = $2`,
      keyOf(owner),
    );
  }
}
