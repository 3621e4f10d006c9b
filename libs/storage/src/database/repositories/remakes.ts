import { Injectable } from '@nestjs/common';
import { limits, shardOf, type Id } from '@app/platform';
import type { Queryable } from '../database.js';
import { PIPELINE } from '@app/platform/photos';
import { NOTHING_FAILS, type DevelopedFacts, type PhotoRow, type Settled } from './photos.js';

/** A ready photo whose renditions are being remade. */
export type RemadeRow = PhotoRow & { next_folder: string };

/** In seconds: a URL is valid for a day beyond the day of issue (`MediaUrls`). */
const LONGEST_ADDRESS = 2 * limits.media.validFor;

/** Replaces the renditions of a ready photo: other objects at other keys, since objects never change. */
@Injectable()
export class RemakeRows {
  /** Switches the photo to its new folder; null when it is gone, or another attempt began. */
  async exchange(tx: Queryable, photo: RemadeRow, facts: DevelopedFacts): Promise<Settled | null> {
    const { width, height, thumbhash, color, renditions } = facts;
    const { rows } = await tx.query<Settled>(
      'remake.exchange',
      `UPDATE photos SET folder = next_folder, next_folder = NULL, settled_at = clock_timestamp(), width = $5::int, height = $6::int,
         thumbhash = $7, color = $8, renditions = $9, pixels = $5::int::bigint * $6::int, pipeline = ${PIPELINE}, ${NOTHING_FAILS}
       WHERE shard = $1 AND id = $2 AND attempt = $3 AND next_folder = $4
       RETURNING owner_id, post_id, created_at`,
      [
        shardOf(photo.id),
        photo.id,
        photo.attempt,
        photo.next_folder,
        width,
        height,
        thumbhash,
        color,
        renditions,
      ],
    );
    return rows[0] ?? null;
  }

  /** Leaves the photo as it was: no newer renditions can be made. */
  async keep(tx: Queryable, { id, attempt, next_folder }: RemadeRow): Promise<Settled | null> {
    const { rows } = await tx.query<Settled>(
      'remake.keep',
      `UPDATE photos SET next_folder = NULL, settled_at = clock_timestamp(), pipeline = ${PIPELINE}, ${NOTHING_FAILS}
       WHERE shard = $1 AND id = $2 AND attempt = $3 AND next_folder = $4 RETURNING owner_id, post_id, created_at`,
      [shardOf(id), id, attempt, next_folder],
    );
    return rows[0] ?? null;
  }

  /** Leaves a folder that was never shown to the trash; returns the trash's id. */
  async trash(tx: Queryable, photo: Id, folder: string): Promise<Id> {
    const { rows } = await tx.query<{ id: Id }>(
      'remake.trash',
      `INSERT INTO trash (shard, id, folder) VALUES ($1::int, next_id($1::int), $2) RETURNING id`,
      [shardOf(photo), folder],
    );
    return (rows[0] as { id: Id }).id;
  }

  /** Leaves a photo's old folder to the trash of the first day on which no URL of it is valid. */
  async serveOn(tx: Queryable, photo: Id, folder: string): Promise<void> {
    await tx.query(
      'remake.serveOn',
      `INSERT INTO trash (shard, id, folder, photo_id, trashed_on) VALUES ($1::int, next_id($1::int), $2, $3,
         (now() + make_interval(secs => ${LONGEST_ADDRESS}))::date + 1)`,
      [shardOf(photo), folder, photo],
    );
  }

  /** Shows a photo's new folder as its owner's avatar; false when it is not the avatar. */
  async showAsAvatar(tx: Queryable, owner: Id, photo: Id, folder: string): Promise<boolean> {
    const { count } = await tx.query(
      'remake.showAsAvatar',
      `UPDATE users SET avatar_folder = $4, version = version + 1 WHERE shard = $1 AND id = $2 AND avatar_photo_id = $3`,
      [shardOf(owner), owner, photo, folder],
    );
    return count > 0;
  }
}
