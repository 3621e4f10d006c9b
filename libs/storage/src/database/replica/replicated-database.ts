import type { OnApplicationShutdown } from '@nestjs/common';
import { isAway } from '@app/platform';
import type { DataSource } from 'typeorm';
import { AnswerOverdue } from '../pooled-connection.js';
import { Database, type TimeLimits } from '../database.js';
import type { Answer, Queryable } from '../queryable.js';
import { onlyReads, ReadRequest, type ReplicaAnswer } from './read-request.js';
import { Replica } from './replica.js';

/** How long a primary may answer nobody until reads ask the replica, too. In milliseconds. */
const SILENT = 500;
/** How often one of the reads asks a primary that is away. In milliseconds. */
const ASKED_AGAIN = 500;

/**
 * A primary, and a synchronous replica that answers what requests read while the primary is away. Writes, sign-ins and whatever else
 * is no `ReadRequest` know only the primary.
 */
export class ReplicatedDatabase extends Database implements OnApplicationShutdown {
  private primaryAnswered = 0;
  private awaySince: number | undefined;
  private nextTry = 0;
  private lastAnswer: ReplicaAnswer | undefined;

  constructor(
    source: DataSource,
    limits: TimeLimits,
    private readonly replica: Replica,
  ) {
    super(source, limits);
  }

  readRequest(): ReadRequest {
    return new ReadRequest(() => this.lastAnswer);
  }

  override query<Row>(name: string, sql: string, parameters: readonly unknown[] = []): Promise<Answer<Row>> {
    return this.read(
      () => super.query<Row>(name, sql, parameters),
      () => this.replica.query<Row>(name, sql, parameters),
    );
  }

  override transaction<Result>(
    work: (tx: Queryable) => Promise<Result>,
    options: { onlyReads?: boolean } = {},
  ): Promise<Result> {
    // Its settings, such as a time-out, hold for all of its statements, which the replica would answer one by one.
    if (options.onlyReads && onlyReads() && this.awaySince !== undefined)
      return Promise.reject(new AnswerOverdue(SILENT));
    return this.watched(super.transaction(work, options));
  }

  /** The replica lacks nothing that was confirmed: what it does not find either does not exist. */
  override async findForSure<Found>(find: (connection: Queryable) => Promise<Found | null>) {
    const search = () => super.transaction(find);
    return (await find(this)) ?? (await this.read(search, () => find(this.replica)));
  }

  onApplicationShutdown(): Promise<void> {
    return this.replica.close();
  }

  private read<Result>(
    askPrimary: () => Promise<Result>,
    askReplica: () => Promise<Result>,
  ): Promise<Result> {
    if (!onlyReads()) return this.watched(askPrimary());
    const now = performance.now();
    if (this.awaySince === undefined) return this.hedged(now, askPrimary, askReplica);
    if (now < this.nextTry) {
      const answer = askReplica().then((result) => this.noted(now, result));
      return answer.catch(() => this.watched(askPrimary()));
    }
    this.nextTry = Infinity;
    const primary = this.watched(askPrimary()).finally(
      () => (this.nextTry = performance.now() + ASKED_AGAIN),
    );
    return this.either(now, primary, askReplica());
  }

  /** The primary's answer; the replica's where the primary refuses, or has answered nobody for too long. */
  private async hedged<Result>(
    since: number,
    askPrimary: () => Promise<Result>,
    askReplica: () => Promise<Result>,
  ): Promise<Result> {
    const primary = this.watched(askPrimary());
    let timer: NodeJS.Timeout | undefined;
    const silence = new Promise<never>((_, fail) => {
      // After what has arrived is read: a process that was held up itself takes no primary for silent.
      timer = setTimeout(() => setImmediate(() => fail(new AnswerOverdue(SILENT))), SILENT);
    });
    try {
      return await Promise.race([primary, silence]);
    } catch (error) {
      if (!isAway(error)) throw error;
      // It answers others: this statement is slow.
      if (this.primaryAnswered > since) return await primary;
      return await this.either(since, primary, askReplica());
    } finally {
      clearTimeout(timer);
    }
  }

  /** Remembers when the primary answers, be it by a refusal of its own. */
  private async watched<Result>(answer: Promise<Result>): Promise<Result> {
    try {
      const result = await answer;
      this.present();
      return result;
    } catch (error) {
      if (!isAway(error)) this.present();
      throw error;
    }
  }

  private present(): void {
    this.primaryAnswered = performance.now();
    this.awaySince = undefined;
    this.nextTry = 0;
  }

  /** The first answer; where both fail, the primary's failure. Only an answer of the replica that is used counts as one. */
  private either<Result>(since: number, primary: Promise<Result>, replica: Promise<Result>): Promise<Result> {
    let isAnswered = false;
    const first = primary.then((result) => {
      isAnswered = true;
      return result;
    });
    const second = replica.then((result) => (isAnswered ? result : this.noted(since, result)));
    // Both failed: the primary's failure is the answer.
    return Promise.any([first, second]).catch(() => primary);
  }

  /** `since`: when the primary was asked the same. */
  private noted<Result>(since: number, result: Result): Result {
    const at = performance.now();
    if (this.primaryAnswered < since) this.awaySince ??= since;
    this.lastAnswer = { at, silence: Math.ceil((at - (this.awaySince ?? since)) / 1_000) };
    return result;
  }
}
