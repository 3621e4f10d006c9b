import { Injectable } from '@nestjs/common';
import { Database } from '../database.js';
import type { BackupOutcome } from '../entities/installation.js';

export type BackupKind = BackupOutcome['kind'];

/** How the newest of a kind ended. */
export interface NewestOutcome {
  kind: BackupKind;
  good: boolean;
  sentence: string;
  bytes: number;
  /** ISO 8601. */
  endedAt: string;
  /**
   * Seconds since the newest good one of this kind ended; since the first attempt, where none was good. One of the future, made while
   * the clock was wrong, counts as older than any.
   */
  age: number;
}

/** How backups, drills and checks of them ended. Operators' programs write; api and worker may only read. */
@Injectable()
export class BackupRows {
  constructor(private readonly database: Database) {}

  /** Records an outcome, and forgets old ones. */
  async record(
    outcome: Pick<BackupOutcome, 'kind' | 'good' | 'sentence'> & { begunAt: Date; bytes?: number },
  ): Promise<void> {
    const { kind, begunAt, good, sentence, bytes = 0 } = outcome;
    await this.database.query(
      'backups.record',
      `INSERT INTO backups (kind, begun_at, good, sentence, bytes) VALUES ($1, $2, $3, $4, $5)
       ON CONFLICT (kind, begun_at) DO NOTHING`,
      [kind, begunAt, good, sentence.slice(0, 1_000), Math.round(bytes)],
    );
    await this.database.query(
      'backups.forget',
      `DELETE FROM backups WHERE kind = $1 AND good = $2 AND begun_at <
         (SELECT begun_at FROM backups WHERE kind = $1 AND good = $2 ORDER BY begun_at DESC OFFSET 99 LIMIT 1)`,
      [kind, good],
    );
  }

  /** The newest of each kind; none of a kind that was never tried. */
  async newest(): Promise<NewestOutcome[]> {
    const { rows } = await this.database.query<NewestOutcome & { endedAt: Date }>(
      'backups.newest',
      `SELECT DISTINCT ON (kind) kind, good, sentence, bytes::float AS bytes, ended_at AS "endedAt",
         extract(epoch FROM clock_timestamp() - coalesce(
           max(ended_at) FILTER (WHERE good AND ended_at <= clock_timestamp()) OVER (PARTITION BY kind),
           min(begun_at) FILTER (WHERE begun_at <= clock_timestamp()) OVER (PARTITION BY kind), 'epoch'))::float AS age
       FROM backups ORDER BY kind, begun_at DESC`,
    );
    return rows.map((row) => ({ ...row, endedAt: (row.endedAt as Date).toISOString() }));
  }
}
