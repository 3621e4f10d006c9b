import type { Database } from '../../database/database.js';
import { objectKey } from '../object-keys.js';
import type { Id } from '@app/platform';
import { copyVerified } from './copied.js';
import type { Folder } from './folders.js';
import type { Route } from './mover.js';

/** A piece's name: a writer's, or a direct upload's, and a number. */
const PIECE = /^(w[0-9a-f]{12}|direct)n\d+$/;

export const isPiece = (name: string): boolean => PIECE.test(name);

/**
 * Pieces of uploads in progress. Takes their row over, as a client's HEAD does: a writer to the old store loses it (409,
 * and continues where the row says), and no new one begins until the pieces are copied.
 */
export class OpenUploads {
  constructor(
    private readonly database: Database,
    private readonly route: Route,
  ) {}

  /** Moves a folder's pieces if it belongs to an open upload; false if it does not. */
  async move({ folder, objects }: Folder): Promise<boolean> {
    const names = [...objects.keys()].filter(isPiece);
    const isOpen = await this.database.transaction(async (tx) => {
      const { rows } = await tx.query<{ id: Id }>(
        'moving.takeOver',
        `UPDATE uploads SET writer = NULL WHERE folder = $1 AND state = 'receiving' RETURNING id`,
        [folder],
      );
      if (rows.length === 0) return false;
      const { from, to } = this.route;
      for (const name of names) await copyVerified(from, to, objectKey(folder, name));
      return true;
    });
    if (isOpen) await this.route.from.remove(folder, names);
    return isOpen;
  }
}
