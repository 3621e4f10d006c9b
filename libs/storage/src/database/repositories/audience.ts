import { Injectable } from '@nestjs/common';
import { shardOf, type Id } from '@app/platform';
import { Database, type Queryable } from '../database.js';

/**
 * The size of an author's audience: 0 fanned out; 1 growing, still fanned out while every follower's feed learns to merge
 * them; 2 large, merged at read.
 */
export type Audience = 0 | 1 | 2;

@Injectable()
export class AudienceRows {
  constructor(private readonly database: Database) {}

  /** Moves an author to the next size; false when they are not (or no longer) at `from`. */
  async move(connection: Queryable | null, author: Id, from: Audience, to: Audience): Promise<boolean> {
    const { count } = await (connection ?? this.database).query(
      'audience.move',
      `UPDATE users SET audience = $4 WHERE shard = $1 AND id = $2 AND audience = $3 AND closed_at IS NULL`,
      [shardOf(author), author, from, to],
    );
    return count === 1;
  }

  /** How an author's posts are delivered now; null when the account is closed. */
  async of(author: Id): Promise<Audience | null> {
    const { rows } = await this.database.query<{ audience: Audience }>(
      'audience.of',
      `SELECT audience FROM users WHERE shard = $1 AND id = $2 AND closed_at IS NULL`,
      [shardOf(author), author],
    );
    return rows[0]?.audience ?? null;
  }
}
