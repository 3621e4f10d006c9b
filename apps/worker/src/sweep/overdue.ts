import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, counter, isNotifyKind, JobSender, type Config, type JobName } from '@app/platform';
import { Posts } from '@app/domain';
import { CountRows, OutboxRows, SweepRows, UnitOfWork } from '@app/storage';
import { LongWork } from '../effects/long-work.js';
import { DevelopService } from '../develop/develop.service.js';
import { AccountUpkeep } from './account-upkeep.js';

/** Rows per sweep; the next sweep finds more. */
const BATCH = 500;

const found = (kind: string, count: number): void => {
  if (count > 0) counter('narwhal_swept_total').inc({ kind }, count);
};

/** Rows that wait although nothing is about to move them. */
@Injectable()
export class StuckRows {
  constructor(
    private readonly rows: SweepRows,
    private readonly long: LongWork,
    private readonly posts: Posts,
    readonly accounts: AccountUpkeep,
    private readonly work: UnitOfWork,
  ) {}

  /** Has mails sent whose pause is over, and those that a killed worker had taken up. */
  async sendMails(seconds: number, limit: number): Promise<void> {
    const due = await this.long.overdueMails(seconds, limit);
    if (due.length > 0) await this.work.run((tx) => tx.effect('mail.send', ...due));
  }

  /** Makes exports that wait, and deletes those that are over. */
  sweepTransfers(limit: number): Promise<void> {
    return this.long.sweepTransfers(limit);
  }

  /** Publishes posts whose photos are settled: the process that settled the last one died before its transaction ended. */
  async settlePosts(seconds: number, limit: number): Promise<number> {
    const ids = await this.rows.unpublished(seconds, limit);
    for (const id of ids) await this.work.run((tx) => this.posts.settle(tx, id));
    return ids.length;
  }
}

/** Finds rows whose later work is overdue and resends their jobs. */
@Injectable()
export class Overdue {
  private readonly seconds: number;

  constructor(
    @Inject(CONFIG) config: Config,
    private readonly photos: DevelopService,
    private readonly outbox: OutboxRows,
    private readonly counts: CountRows,
    private readonly jobs: JobSender,
    private readonly stuck: StuckRows,
  ) {
    this.seconds = config.SWEEP_OVERDUE / 1000;
  }

  async sweep(): Promise<void> {
    this.photos.wake(() => found('photos', 1));
    found('posts', await this.stuck.settlePosts(this.seconds, BATCH));
    await this.stuck.sendMails(this.seconds, BATCH);
    await this.stuck.accounts.tendFactors(BATCH);
    await this.stuck.sweepTransfers(BATCH);
    await this.effects();
    await this.deltas();
    found('undecided_registrations', await this.stuck.accounts.endWaiting(BATCH));
    found('closed_accounts', await this.stuck.accounts.eraseClosed(BATCH));
  }

  private async effects(): Promise<void> {
    const overdue = await this.outbox.overdue(this.seconds, BATCH);
    // All notification rows of one subject share one job.
    const rows = new Map(
      overdue.map((row) => [isNotifyKind(row.kind) ? `${row.kind} ${row.subject_id}` : row.id, row]),
    );
    const lost = await this.withoutJob(rows.size, 'deliver', 'effect', 'notify');
    for (const row of rows.values()) this.jobs.enqueue(row);
    found('outbox', lost);
  }

  private async deltas(): Promise<void> {
    const shards = await this.counts.overdueShards(this.seconds, BATCH);
    const lost = await this.withoutJob(shards.length, 'fold');
    for (const shard of shards) this.jobs.send('fold', { shard });
    found('deltas', lost);
  }

  /** Overdue rows that have a job are only waiting their turn: a backlog does not count as found by the sweeper. */
  private async withoutJob(overdue: number, ...queues: JobName[]): Promise<number> {
    return overdue === 0 ? 0 : Math.max(0, overdue - (await this.jobs.depthOf(...queues)));
  }
}
