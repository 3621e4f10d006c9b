import { Inject, Injectable } from '@nestjs/common';
import {
  JobSender,
  shardOf,
  type Id,
  type JobName,
  type Jobs,
  type LiveMessage,
  type OutboxKind,
} from '@app/platform';
import { Database } from './database.js';
import { Queryable, type Answer } from './queryable.js';
import { CountRows, counterTable, type CounterName } from './repositories/counts.js';
import { OutboxRows } from './repositories/outbox.js';
import { PopularRows } from './repositories/popular.js';
import { SearchWords } from './repositories/search-words.js';

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

/** The port of what keeps copies outside PostgreSQL; libs/feed provides it. None of it may fail: lasting data is in rows. */
export abstract class CommitListener {
  /** Receives each transaction's deltas and effects before its caller continues. */
  abstract committed(deltas: readonly CommittedDelta[], effects: readonly CommittedEffect[]): Promise<void>;
  /** Sends to people who may be connected. */
  abstract tell(message: LiveMessage): void;
}

/** Gets committed work carried out sooner. */
type Enqueuer = Pick<JobSender, 'send' | 'enqueue'>;

/** A transaction that also writes later effects, and enqueues their jobs once it is committed. */
export class Tx extends Queryable {
  readonly deltas: CommittedDelta[] = [];
  readonly effects: CommittedEffect[] = [];
  readonly callbacks: (() => void)[] = [];

  constructor(
    private readonly connection: Queryable,
    private readonly since: number,
    private readonly outbox: OutboxRows,
    private readonly counts: CountRows,
    private readonly jobs: Enqueuer,
    private readonly listener: CommitListener,
  ) {
    super();
  }

  query<Row>(name: string, sql: string, parameters?: readonly unknown[]): Promise<Answer<Row>> {
    return this.connection.query(name, sql, parameters);
  }

  /** Writes an outbox row for each subject. */
  effect(kind: OutboxKind, ...subjectIds: Id[]): Promise<void> {
    return this.write(kind, subjectIds, null);
  }

  /** Writes an outbox row of a kind that has two subjects. */
  effectOn(kind: OutboxKind, subjectId: Id, objectId: Id): Promise<void> {
    return this.write(kind, [subjectId], objectId);
  }

  /** Writes a delta of a stored count, and the effect that notifies the people concerned. */
  count(counter: CounterName, subjectId: Id, delta: number): Promise<void> {
    return this.countEach(counter, [subjectId], delta);
  }

  /** The same for many subjects at once, in as many statements as for one; a subject may repeat. */
  async countEach(counter: CounterName, subjectIds: readonly Id[], delta: number): Promise<void> {
    if (subjectIds.length === 0) return;
    const { since } = this;
    const times = new Map<Id, number>();
    for (const id of subjectIds) times.set(id, (times.get(id) ?? 0) + 1);
    for (const [subjectId, n] of times) this.deltas.push({ counter, subjectId, delta: delta * n, since });
    const { notifies } = counterTable[counter];
    await Promise.all([
      this.counts.add(this, counter, subjectIds, delta),
      notifies === null ? undefined : this.effect(notifies, ...times.keys()),
    ]);
  }

  /** Notifies a person who may be connected, after the commit. May be lost: lasting data is in rows. */
  tell(message: LiveMessage): void {
    this.afterCommit(() => this.listener.tell(message));
  }

  /** Sends a job after the commit. May be lost: the sweeper finds the rows. */
  send<Name extends JobName>(name: Name, payload: Jobs[Name]): void {
    this.afterCommit(() => this.jobs.send(name, payload));
  }

  /** Runs after the commit, and only then. Must not fail: necessary work has an outbox row. */
  afterCommit(callback: () => void): void {
    this.callbacks.push(callback);
  }

  private async write(kind: OutboxKind, subjectIds: readonly Id[], objectId: Id | null): Promise<void> {
    const written = await this.outbox.write(this, kind, subjectIds, objectId);
    for (const subjectId of subjectIds) this.effects.push({ kind, subjectId, objectId });
    this.afterCommit(() => this.jobs.enqueue(...written));
  }
}

/** Opens transactions whose later effects are rows of their own (rule 2: rows decide, queues hasten). */
@Injectable()
export class UnitOfWork {
  constructor(
    private readonly database: Database,
    private readonly outbox: OutboxRows,
    private readonly counts: CountRows,
    @Inject(JobSender) private readonly jobs: Enqueuer,
    private readonly listener: CommitListener,
  ) {}

  /** `work` runs again when PostgreSQL rolled it back in favour of another transaction: it changes nothing outside `tx`. */
  async run<Result>(work: (tx: Tx) => Promise<Result>): Promise<Result> {
    const since = performance.now();
    const { outbox, counts, jobs, listener } = this;
    // The transaction of the last try.
    let tx: Tx | undefined;
    const result = await this.database.transaction((connection) =>
      work((tx = new Tx(connection, since, outbox, counts, jobs, listener))),
    );
    const { callbacks = [], deltas = [], effects = [] } = tx ?? {};
    for (const callback of callbacks) callback();
    for (const shard of new Set(deltas.map(({ subjectId }) => shardOf(subjectId))))
      jobs.send('fold', { shard });
    await listener.committed(deltas, effects);
    return result;
  }
}

/** For a command, which has no Redis: a worker's sweep finds the effects that it commits. */
export function unitOfWorkWithoutQueue(database: Database): UnitOfWork {
  const counts = new CountRows(database, new PopularRows(database), new SearchWords());
  const queue = { send: () => undefined, enqueue: () => undefined };
  const listener = { committed: () => Promise.resolve(), tell: () => undefined };
  return new UnitOfWork(database, new OutboxRows(database), counts, queue, listener);
}
