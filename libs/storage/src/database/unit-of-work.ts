import { Injectable } from '@nestjs/common';
import { JobSender, shardOf, type Id, type LiveMessage, type OutboxKind } from '@app/platform';
import { Database, type Queryable } from './database.js';
import { CountRows, counterTable, type CounterName } from './repositories/counts.js';
import { OutboxRows } from './repositories/outbox.js';

/** A transaction that also writes what must happen later, and enqueues its jobs once it is committed. */
export interface Tx extends Queryable {
  /** Writes an outbox row for each subject. */
  effect(kind: OutboxKind, ...subjectIds: Id[]): Promise<void>;
  /** Writes an outbox row of a kind that is about two things. */
  effectOn(kind: OutboxKind, subjectId: Id, objectId: Id): Promise<void>;
  /** Writes a delta of a stored count; and who has to be told of what is counted, is told. */
  count(counter: CounterName, subjectId: Id, delta: number): Promise<void>;
  /** The same of many subjects at once, in as many statements as for one; a subject may be named more than once. */
  countEach(counter: CounterName, subjectIds: readonly Id[], delta: number): Promise<void>;
  /** Tells somebody who may be connected, after the commit. Lost without harm: what lasts is in rows. */
  tell(message: LiveMessage): void;
  /** Runs after the commit, and not at all without it. May not fail: what must happen has an outbox row. */
  afterCommit(callback: () => void): void;
}

/** A delta that was committed; `since` is `performance.now()` from before its transaction began. */
export interface CommittedDelta {
  counter: CounterName;
  subjectId: Id;
  delta: number;
  since: number;
}

/** An outbox row that was committed. */
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

  /** Who keeps counts outside PostgreSQL hears of each delta before `run` resolves. The listener may not fail. */
  onDelta(listener: DeltaListener): void {
    this.listener = listener;
  }

  /** Who can carry effects out at once hears of each transaction's before `run` resolves. The listener may not fail. */
  onEffects(listener: EffectListener): void {
    this.effectListener = listener;
  }

  /** Who reaches those that are connected. May not fail. */
  onTell(teller: TellListener): void {
    this.teller = teller;
  }

  /** `work` runs again when PostgreSQL ended its transaction for the sake of another one: outside of `tx` it changes nothing. */
  async run<Result>(work: (tx: Tx) => Promise<Result>): Promise<Result> {
    const since = performance.now();
    const callbacks: (() => void)[] = [];
    const deltas: CommittedDelta[] = [];
    const effects: CommittedEffect[] = [];
    const result = await this.database.transaction((connection) => {
      // Of a transaction that is tried again nothing has happened.
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
