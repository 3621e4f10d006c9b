import { Injectable } from '@nestjs/common';
import type { Id } from '@app/platform';
import { Database } from '../database.js';
import { keyOf, type Queryable } from '../queryable.js';

/** A person's use of their quota. */
export interface Usage {
  /** Bytes of stored originals. */
  bytes: number;
  /** Bytes that have arrived of incomplete uploads. */
  arriving: number;
  /** Photos made today, in UTC. */
  photos: number;
}

/**
 * Quotas are derived from rows: bytes are summed, so that nothing can make the sum wrong; a day's photos are counted in
 * the transaction that makes the photo, since deleting one does not give the day back.
 */
@Injectable()
export class QuotaRows {
  constructor(private readonly database: Database) {}

  async read(owner: Id, connection: Queryable = this.database): Promise<Usage> {
    const usage = await connection.first<Record<keyof Usage, string | null>>(
      'quota.read',
      `SELECT (SELECT sum(bytes) FROM photos WHERE shard = $1 AND owner_id = $2) AS bytes,
         (SELECT sum(received) FROM uploads WHERE shard = $1 AND owner_id = $2 AND state = 'receiving') AS arriving,
         (SELECT photos FROM photo_usage WHERE shard = $1 AND owner_id = $2
            AND day = (now() AT TIME ZONE 'UTC')::date) AS photos`,
      keyOf(owner),
    );
    // Number(null) is 0.
    return {
      bytes: Number(usage?.bytes),
      arriving: Number(usage?.arriving),
      photos: Number(usage?.photos),
    };
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

  /** Counts one more photo today and returns the usage with it. Locks: a person's photos are made one by one. */
  async takePhoto(tx: Queryable, owner: Id): Promise<Usage> {
    const photos = await tx.value<number>(
      'quota.takePhoto',
      `INSERT INTO photo_usage AS usage (shard, owner_id, day, photos)
       VALUES ($1, $2, (now() AT TIME ZONE 'UTC')::date, 1)
       ON CONFLICT (shard, owner_id) DO UPDATE SET day = greatest(usage.day, excluded.day),
         photos = CASE WHEN usage.day >= excluded.day THEN usage.photos + 1 ELSE 1 END
       RETURNING photos`,
      keyOf(owner),
    );
    const bytes = await tx.value<string>(
      'quota.bytes',
      `SELECT sum(bytes) AS bytes FROM photos WHERE shard = $1 AND owner_id = $2`,
      keyOf(owner),
    );
    return { bytes: Number(bytes), arriving: 0, photos: photos ?? 0 };
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
