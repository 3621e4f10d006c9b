import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, counter, JobSender, type Config } from '@app/platform';
import { CountRows, OutboxRows } from '@app/storage';
import { DevelopService } from '../develop/develop.service.js';
import { StuckPosts } from './stuck-posts.js';

/** Rows a look; more are found by the next one. */
const BATCH = 500;

const found = (kind: string, count: number): void => {
  if (count > 0) counter('narwhal_swept_total').inc({ kind }, count);
};

/** Finds rows whose later work is overdue and sends their jobs again. */
@Injectable()
export class Overdue {
  private readonly seconds: number;

  constructor(
    @Inject(CONFIG) config: Config,
    private readonly photos: DevelopService,
    private readonly outbox: OutboxRows,
    private readonly counts: CountRows,
    private readonly jobs: JobSender,
    private readonly posts: StuckPosts,
  ) {
    this.seconds = config.SWEEP_OVERDUE / 1000;
  }

  async sweep(): Promise<void> {
    this.photos.wake((count) => found('photos', count));
    found('posts', await this.posts.settle(this.seconds, BATCH));
    await this.effects();
    await this.deltas();
  }

  private async effects(): Promise<void> {
    const overdue = await this.outbox.overdue(this.seconds, BATCH);
    // As many as have a job only wait their turn: a backlog is none of those that the sweeper had to find.
    const waiting = overdue.length > 0 ? await this.jobs.outboxDepth() : 0;
    for (const row of overdue) this.jobs.hasten(row);
    found('outbox', Math.max(0, overdue.length - waiting));
  }

  private async deltas(): Promise<void> {
    const shards = await this.counts.overdueShards(this.seconds, BATCH);
    for (const shard of shards) this.jobs.send('fold', { shard });
    found('deltas', shards.length);
  }
}
