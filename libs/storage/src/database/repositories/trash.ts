import { Injectable } from '@nestjs/common';
import type { Id } from '@app/platform';
import { Database } from '../database.js';
import { keyOf, type Queryable } from '../queryable.js';

/**
 * Folders of deleted photos: in the store's trash of their day until the backups' window has passed. Also folders whose
 * renditions were remade: they are served as long as a URL of theirs is valid.
 */
@Injectable()
export class TrashRows {
  constructor(private readonly database: Database) {}

  find(photoId: Id): Promise<{ folder: string; day: string } | null> {
    return this.database.first(
      'trash.find',
      `SELECT folder, to_char(trashed_on, 'YYYY-MM-DD') AS day FROM trash WHERE shard = $1 AND id = $2`,
      keyOf(photoId),
    );
  }

  /** Ends the serving of replaced folders whose time is over: from today they are trash. Returns their ids. */
  end(tx: Queryable, limit: number): Promise<Id[]> {
    return tx.values(
      'trash.end',
      `UPDATE trash SET photo_id = NULL, trashed_on = current_date FROM (
         SELECT shard, id FROM trash WHERE photo_id IS NOT NULL AND trashed_on <= current_date LIMIT $1 FOR UPDATE SKIP LOCKED) AS over
       WHERE trash.shard = over.shard AND trash.id = over.id RETURNING trash.id`,
      [limit],
    );
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
