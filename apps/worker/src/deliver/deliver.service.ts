import { Injectable } from '@nestjs/common';
import { JobSender, type Jobs } from '@app/platform';
import { FeedRedis, LiveBus } from '@app/feed';
import { OutboxRows } from '@app/storage';
import { AudienceGrowth } from './audience-growth.js';
import { PostDelivery } from './post-delivery.js';

/**
 * Takes an outbox row of a fan-out forward by a page, and sends the job of the next one. A job of a page that another has
 * done ends there, or each that the sweeper sends would go on to the last page beside the others.
 */
@Injectable()
export class DeliverService {
  constructor(
    private readonly outbox: OutboxRows,
    private readonly jobs: JobSender,
    private readonly posts: PostDelivery,
    private readonly growth: AudienceGrowth,
    private readonly live: LiveBus,
    private readonly redis: FeedRedis,
  ) {}

  async run({ outboxId, after }: Jobs['deliver']): Promise<void> {
    const row = await this.outbox.begin(outboxId);
    if (!row || (after !== undefined && after !== row.progress)) return;
    await this.redis.confirm();
    const next = row.kind === 'audience.grew' ? await this.growth.page(row) : await this.posts.page(row);
    if (next === null) {
      await this.outbox.done(outboxId);
      if (row.kind === 'post.deliver') this.live.publish({ kind: 'delivered', post: row.subject_id });
      return;
    }
    await this.outbox.progress(outboxId, next);
    this.jobs.nextPage(outboxId, next);
  }
}
