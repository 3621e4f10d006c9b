import { Injectable } from '@nestjs/common';
import { JobSender, type Id } from '@app/platform';
import { FeedRedis, LiveBus } from '@app/feed';
import { OutboxRows } from '@app/storage';
import { AudienceGrowth } from './audience-growth.js';
import { PostDelivery } from './post-delivery.js';

/** Of two waiting jobs the lower number goes first: an audience of one page never waits for one of a hundred. */
const LATER_PAGES = 10;

/** Takes an outbox row of a fan-out forward by a page, and sends the job of the next one. */
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

  async run(outboxId: Id): Promise<void> {
    const row = await this.outbox.begin(outboxId);
    if (!row) return;
    await this.redis.confirm();
    const next = row.kind === 'audience.grew' ? await this.growth.page(row) : await this.posts.page(row);
    if (next === null) {
      await this.outbox.done(outboxId);
      if (row.kind === 'post.deliver') this.live.publish({ kind: 'delivered', post: row.subject_id });
      return;
    }
    await this.outbox.progress(outboxId, next);
    this.jobs.send('deliver', { outboxId, after: next }, LATER_PAGES);
  }
}
