import { Injectable } from '@nestjs/common';
import { JobSender, shardOf, type Id, type LiveMessage, type OutboxKind } from '@app/platform';
import { Database, type Queryable } from './database.js';
import { CountRows, counterTable, type CounterName } from './repositories/counts.js';
import { OutboxRows } from './repositories/outbox.js';

/** A transaction that also writes later effects, and enqueues their jobs once it is committed. */
export interface Tx extends Queryable {
  /** Writes an outbox row for each subject. */
  effect(kind: OutboxKind, ...subjectIds: Id[]): Promise<void>;
  /** Writes an outbox row of a kind that has two subjects. */
  effectOn(kind: OutboxKind, subjectId: Id, objectId: Id): Promise<void>;
  /** Writes a delta of a stored count, and the effect that notifies the people concerned. */
  count(counter: CounterName, subjectId: Id, delta: number): Promise<void>;
  /** The same for many subjects at once, in as many statements as for one; a subject may repeat. */
  countEach(counter: CounterName, subjectIds: readonly Id[], delta: number): Promise<void>;
  /** Notifies a person who may be connected, after the commit. May be lost: lasting data is in rows. */
  tell(message: LiveMessage): void;
  /** Runs after the commit, and only then. Must not fail: necessary work has an outbox row. */
  afterCommit(callback: () => void): void;
}

/** A committed delta; `since` is `performance.now()` from before its transaction began. */
export interface CommittedDelta {
  counter: CounterName;
  subjectId: Id;
  delta: number;
  since: number;
}

/** A committed outbox row. */
export interface CommittedEffect {
  kind: OutboxKind;
  subjectId: Id;
  objectId: Id | null;
}

type EffectListener = (effects: readonly CommittedEffect[]) => Promise<void>;
type DeltaListener = (delta: CommittedDelta) => Promise<void>;
type TellListener = (message: LiveMessage) => void;

/** Opens transactions whose later effects are rows of their own (rule 2: rows decide, queues hasten). */
@Injectable()
export class UnitOfWork {
  private listener: DeltaListener = () => Promise.resolve();
  private effectListener: EffectListener = () => Promise.resolve();
  private teller: TellListener = () => undefined;

  constructor(
    private readonly database: Database,
    private readonly outbox: OutboxRows,
    private readonly counts: CountRows,
    private readonly jobs: JobSender,
  ) {}

  /** Sets the keeper of counts outside PostgreSQL: it receives each delta before `run` resolves. It must not fail. */
  onDelta(listener: DeltaListener): void {
    this.listener = listener;
  }

  /** Sets the listener that carries effects out at once: it receives each transaction's before `run` resolves. It must not fail. */
  onEffects(listener: EffectListener): void {
    this.effectListener = listener;
  }

  /** Sets the sender to connected people. It must not fail. */
  onTell(teller: TellListener): void {
    this.teller = teller;
  }

  /** `work` runs again when PostgreSQL rolled it back in favour of another transaction: it changes nothing outside `tx`. */
  async run<Result>(work: (tx: Tx) => Promise<Result>): Promise<Result> {
    const since = performance.now();
    const callbacks: (() => void)[] = [];
    const deltas: CommittedDelta[] = [];
    const effects: CommittedEffect[] = [];
    const result = await this.database.transaction((connection) => {
      // A retried transaction starts with nothing.
      callbacks.length = 0;
      deltas.length = 0;
      effects.length = 0;
      const effect = async (kind: OutboxKind, subjectIds: readonly Id[], objectId?: Id) => {
        const written = await this.outbox.write(connection, kind, subjectIds, objectId);
        for (const subjectId of subjectIds) effects.push({ kind, subjectId, objectId: objectId ?? null });
        callbacks.push(() => this.jobs.enqueue(...written));
      };
      const countEach = async (counter: CounterName, subjectIds: readonly Id[], delta: number) => {
        if (subjectIds.length === 0) return;
        const times = new Map<Id, number>();
        for (const id of subjectIds) times.set(id, (times.get(id) ?? 0) + 1);
        for (const [subjectId, n] of times) deltas.push({ counter, subjectId, delta: delta * n, since });
        const { notifies } = counterTable[counter];
        await Promise.all([
          this.counts.add(connection, counter, subjectIds, delta),
          notifies === null ? undefined : effect(notifies, [...times.keys()]),
        ]);
      };
      return work({
        query: connection.query,
        effect: (kind, ...subjectIds) => effect(kind, subjectIds),
        effectOn: (kind, subjectId, objectId) => effect(kind, [subjectId], objectId),
        count: (counter, subjectId, delta) => countEach(counter, [subjectId], delta),
        countEach,
        tell: (message) => callbacks.push(() => this.teller(message)),
        afterCommit: (callback) => callbacks.push(callback),
      });
    });
    for (const callback of callbacks) callback();
    for (const shard of new Set(deltas.map(({ subjectId }) => shardOf(subjectId))))
      this.jobs.send('fold', { shard });
    await Promise.all([this.effectListener(effects), ...deltas.map((delta) => this.listener(delta))]);
    return result;
  }
}
