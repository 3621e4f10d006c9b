import { Injectable } from '@nestjs/common';
import { shardOf, type Id, type OutboxKind } from '@app/platform';
import { Database } from '../database.js';
import type { Outbox } from '../entities/later-work.js';
import { keyOf, type Queryable } from '../queryable.js';

const columns = ['id', 'kind', 'subject_id', 'object_id', 'progress', 'attempts', 'created_at'] as const;
export type OutboxRow = Pick<Outbox, (typeof columns)[number]>;

/** An outbox row just written, whose job is enqueued once the transaction is committed. */
export type Written = Pick<Outbox, 'id' | 'kind' | 'subject_id'>;

/** A row that waits together with others of its kind and subject. */
export type Gathered = Pick<Outbox, 'id' | 'object_id'>;

/** The outbox: each effect outside PostgreSQL, from the transaction that caused it until it is carried out. */
@Injectable()
export class OutboxRows {
  constructor(private readonly database: Database) {}

  async write(
    tx: Queryable,
    kind: OutboxKind,
    subjectIds: readonly Id[],
    objectId: Id | null = null,
  ): Promise<Written[]> {
    if (subjectIds.length === 0) return [];
    const { rows } = await tx.query<Omit<Written, 'kind'>>(
      'outbox.write',
      `INSERT INTO outbox (shard, id, kind, subject_id, object_id)
       SELECT shard_of(s.id), next_id(shard_of(s.id)), $1, s.id, $3::bigint FROM unnest($2::bigint[]) AS s(id)
       RETURNING id, subject_id`,
      [kind, subjectIds, objectId],
    );
    return rows.map((row) => ({ ...row, kind }));
  }

  /** All waiting rows of one kind for one subject. */
  gathered(kind: OutboxKind, subject: Id): Promise<Gathered[]> {
    return this.database.list(
      'outbox.gathered',
      `SELECT id, object_id FROM outbox WHERE shard = $1 AND subject_id = $2 AND kind = $3 LIMIT 10000`,
      keyOf(subject, kind),
    );
  }

  /** Deletes rows of one subject that were carried out together. */
  async doneAll(subject: Id, ids: readonly Id[]): Promise<void> {
    await this.database.query(
      'outbox.doneAll',
      `DELETE FROM outbox WHERE shard = $1 AND id = ANY($2::bigint[])`,
      [shardOf(subject), ids],
    );
  }

  /** Records a failed attempt at rows of one subject: the sweeper retries them. */
  async failedAll(subject: Id, ids: readonly Id[], error: string): Promise<void> {
    await this.database.query(
      'outbox.failedAll',
      `UPDATE outbox SET attempts = attempts + 1, attempted_at = clock_timestamp(), error = $3
       WHERE shard = $1 AND id = ANY($2::bigint[])`,
      [shardOf(subject), ids, error.slice(0, 500)],
    );
  }

  /** Counts one more attempt and returns the row; null when it is already carried out. */
  begin(id: Id): Promise<OutboxRow | null> {
    return this.database.first(
      'outbox.begin',
      `UPDATE outbox SET attempts = attempts + 1, attempted_at = clock_timestamp() WHERE shard = $1 AND id = $2
       RETURNING ${columns.join(', ')}`,
      keyOf(id),
    );
  }

  /** Stores the progress of a long effect, so that a retry continues from there. */
  async progress(id: Id, progress: Id): Promise<void> {
    await this.database.query(
      'outbox.progress',
      `UPDATE outbox SET progress = $3, attempted_at = clock_timestamp() WHERE shard = $1 AND id = $2`,
      keyOf(id, progress),
    );
  }

  async done(id: Id): Promise<void> {
    await this.database.query('outbox.done', `DELETE FROM outbox WHERE shard = $1 AND id = $2`, keyOf(id));
  }

  async failed(id: Id, error: string): Promise<void> {
    await this.database.query(
      'outbox.failed',
      `UPDATE outbox SET error = $3 WHERE shard = $1 AND id = $2`,
      keyOf(id, error.slice(0, 500)),
    );
  }

  /** Rows without an attempt for `seconds`, oldest first. */
  overdue(seconds: number, limit: number): Promise<(Written & Pick<OutboxRow, 'progress'>)[]> {
    return this.database.list(
      'outbox.overdue',
      `SELECT id, kind, subject_id, progress FROM outbox
       WHERE created_at < now() - make_interval(secs => $1)
         AND (attempted_at IS NULL OR attempted_at < now() - make_interval(secs => $1))
       ORDER BY created_at LIMIT $2`,
      [seconds, limit],
    );
  }
}
