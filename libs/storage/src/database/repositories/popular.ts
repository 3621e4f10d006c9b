import { Injectable } from '@nestjs/common';
import { shardOf, type Id } from '@app/platform';
import { Database } from '../database.js';

/** How many are kept. Once there are so many, people below the last one are not written. */
const KEPT = 1_000;

const floor = `coalesce((SELECT followers FROM popular_people ORDER BY followers DESC OFFSET ${KEPT} LIMIT 1), 0)`;

/** The people with the most followers, updated as counts change: no query scans all people for them. */
@Injectable()
export class PopularRows {
  constructor(private readonly database: Database) {}

  async note(user: Id, followers: number): Promise<void> {
    const place = [shardOf(user), user, followers];
    const { count } = await this.database.query(
      'popular.note',
      `INSERT INTO popular_people (shard, user_id, followers) SELECT shard, id, $3::int FROM users
       WHERE shard = $1 AND id = $2 AND closed_at IS NULL AND $3::int > ${floor}
       ON CONFLICT (shard, user_id) DO UPDATE SET followers = excluded.followers`,
      place,
    );
    if (count > 0) return;
    await this.database.query(
      'popular.drop',
      `DELETE FROM popular_people WHERE shard = $1 AND user_id = $2 AND $3::int <= ${floor}`,
      place,
    );
  }

  async prune(): Promise<void> {
    await this.database.query('popular.prune', `DELETE FROM popular_people WHERE followers < ${floor}`);
  }
}
