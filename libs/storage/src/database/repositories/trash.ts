import { Injectable } from '@nestjs/common';
import { shardOf, type Id } from '@app/platform';
import { Database, type Queryable } from '../database.js';

/**
 * Folders of deleted photos: in the store's trash of their day until the backups' window has passed. Also folders whose
 * renditions were remade: they are served as long as a URL of theirs is valid.
 */
@Injectable()
export class TrashRows {
  constructor(private readonly database: Database) {}

  async find(photoId: Id): Promise<{ folder: string; day: string } | null> {
    const { rows } = await this.database.query<{ folder: string; day: string }>(
      'trash.find',
      `SELECT folder, to_char(trashed_on, 'YYYY-MM-DD') AS day FROM trash WHERE shard = $1 AND id = $2`,
      [shardOf(photoId), photoId],
    );
    return rows[0] ?? null;
  }

  /** Ends the serving of replaced folders whose time is over: from today they are trash. Returns their ids. */
  async end(tx: Queryable, limit: number): Promise<Id[]> {
    const { rows } = await tx.query<{ id: Id }>(
      'trash.end',
      `UPDATE trash SET photo_id = NULL, trashed_on = current_date FROM (
         SELECT shard, id FROM trash WHERE photo_id IS NOT NULL AND trashed_on <= current_date LIMIT $1 FOR UPDATE SKIP LOCKED) AS over
       WHERE trash.shard = over.shard AND trash.id = over.id RETURNING trash.id`,
      [limit],
    );
    return rows.map(({ id }) => id);
  }

  async forgetBefore(day: string): Promise<number> {
    const { count } = await this.database.query(
      'trash.forget',
      `DELETE FROM trash WHERE trashed_on < $1::date`,
      [day],
    );
    return count;
  }
}
