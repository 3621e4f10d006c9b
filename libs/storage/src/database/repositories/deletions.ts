import { Injectable } from '@nestjs/common';
import { shardOf, type Id } from '@app/platform';
import { Database, type Queryable } from '../database.js';

/** Deletions and who made them, for a month. */
@Injectable()
export class DeletionRows {
  constructor(private readonly database: Database) {}

  async record(tx: Queryable, person: Id, ids: readonly Id[]): Promise<void> {
    await tx.query(
      'deletion.record',
      `INSERT INTO deletions (shard, id, person_id)
       SELECT shard_of(gone.id), gone.id, $1 FROM unnest($2::bigint[]) AS gone(id) ON CONFLICT DO NOTHING`,
      [person, ids],
    );
  }

  /** Whether this person deleted that thing: then deleting it again succeeds. */
  async by(person: Id, id: Id): Promise<boolean> {
    const { rows } = await this.database.query(
      'deletion.find',
      `SELECT 1 FROM deletions WHERE shard = $1 AND id = $2 AND person_id = $3`,
      [shardOf(id), id, person],
    );
    return rows.length === 1;
  }
}
