import { Injectable } from '@nestjs/common';
import { shardOf, type Id } from '@app/platform';
import { Database } from '../database.js';

/** Folders of photos that are deleted: in the store's trash of their day until the backups' window has passed. */
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

  async forgetBefore(day: string): Promise<number> {
    const { count } = await this.database.query(
      'trash.forget',
      `DELETE FROM trash WHERE trashed_on < $1::date`,
      [day],
    );
    return count;
  }
}
