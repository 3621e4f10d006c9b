import type { Queryable } from '../../database/queryable.js';
import type { StoreKind } from '../object-store.js';

export interface CopyIntent {
  folder: string;
  store: StoreKind;
  names: string[];
}

/**
 * Copies in progress, recorded before their first byte. A photo that is deleted while it is copied may leave its copy:
 * the copying process checks afterwards, and if it was killed before that, the next one does.
 */
export class CopyIntents {
  constructor(private readonly database: Queryable) {}

  async note({ folder, store, names }: CopyIntent): Promise<void> {
    await this.database.query(
      'copies.note',
      `INSERT INTO object_copies (folder, store, names) VALUES ($1, $2, $3)
       ON CONFLICT (folder) DO UPDATE SET store = excluded.store, names = excluded.names`,
      [folder, store, names],
    );
  }

  async forget(folder: string): Promise<void> {
    await this.database.query('copies.forget', `DELETE FROM object_copies WHERE folder = $1`, [folder]);
  }

  async all(): Promise<CopyIntent[]> {
    return (
      await this.database.query<CopyIntent>('copies.all', `SELECT folder, store, names FROM object_copies`)
    ).rows;
  }
}
