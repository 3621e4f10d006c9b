import { Injectable } from '@nestjs/common';
import { JobSender, outboxKinds, shardOf, type Id, type OutboxKind } from '@app/platform';
import { Database, type Queryable } from './database.js';
import { CountRows, type CounterName } from './repositories/counts.js';
import { OutboxRows, type Written } from './repositories/outbox.js';

/** A transaction that also writes what must happen later, and hastens it once it is committed. */
export interface Tx extends Queryable {
  /** Writes an outbox row for each subject. */
  effect(kind: OutboxKind, ...subjectIds: Id[]): Promise<void>;
  /** Writes a delta of a stored count. */
  count(counter: CounterName, subjectId: Id, delta: number): Promise<void>;
  /** Runs after the commit, and not at all without it. May not fail: what must happen has an outbox row. */
  afterCommit(hasten: () => void): void;
}

/** Opens transactions whose later effects are rows of their own (rule 2: rows decide, queues hasten). */
@Injectable()
export class UnitOfWork {
  constructor(
    private readonly database: Database,
    private readonly outbox: OutboxRows,
    private readonly counts: CountRows,
    private readonly jobs: JobSender,
  ) {}

  async run<Result>(work: (tx: Tx) => Promise<Result>): Promise<Result> {
    const hasten: (() => void)[] = [];
    const shards = new Set<number>();
    const result = await this.database.transaction((connection) =>
      work({
        query: connection.query,
        effect: async (kind, ...subjectIds) => {
          const written = await this.outbox.write(connection, kind, subjectIds);
          hasten.push(() => this.hasten(written));
        },
        count: async (counter, subjectId, delta) => {
          await this.counts.add(connection, counter, subjectId, delta);
          shards.add(shardOf(subjectId));
        },
        afterCommit: (callback) => hasten.push(callback),
      }),
    );
    for (const callback of hasten) callback();
    for (const shard of shards) this.jobs.send('fold', { shard });
    return result;
  }

  /** Sends the jobs of rows that are committed. */
  hasten(written: readonly Written[]): void {
    for (const { id, kind } of written) this.jobs.send(outboxKinds[kind].job, { outboxId: id });
  }
}
