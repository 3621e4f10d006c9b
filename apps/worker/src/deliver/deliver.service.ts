import { Injectable } from '@nestjs/common';
import { JobSender, type Jobs } from '@app/platform';
import { FeedRedis, LiveBus } from '@app/feed';
import { OutboxRows } from '@app/storage';
import { FanOut } from './fan-out.js';

/**
 * Advances an outbox row of a fan-out by one page, and sends the job for the next. A job for a page that is already done
 * ends there; otherwise each job that the sweeper sends would continue to the last page in parallel with the others.
 */
@Injectable()
export class DeliverService {
  constructor(
    private readonly outbox: OutboxRows,
    private readonly jobs: JobSender,
    private readonly fanOut: FanOut,
    private readonly live: LiveBus,
    private readonly redis: FeedRedis,
  ) {}

  async run({ outboxId, after }: Jobs['deliver']): Promise<void> {
    const row = await this.outbox.begin(outboxId);
    if (!row || (after !== undefined && after !== row.progress)) return;
    await this.redis.confirm();
    const isGrowth = row.kind === 'audience.grew';
    const next = isGrowth ? await this.fanOut.grow(row) : await this.fanOut.deliver(row);
    if (next === null) {
      await this.outbox.done(outboxId);
      if (row.kind === 'post.deliver') this.live.publish({ kind: 'delivered', post: row.subject_id });
      return;
    }
    await this.outbox.progress(outboxId, next);
    this.jobs.nextPage(outboxId, next);
  }
}
