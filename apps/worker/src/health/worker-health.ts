import { Injectable } from '@nestjs/common';
import { gauge, JobSender, type HealthReport } from '@app/platform';
import { FeedRedis } from '@app/feed';
import { Database, PendingRows, schemaBehind } from '@app/storage';

/** What the worker tells operators: whether it can work, and what waits for it. */
@Injectable()
export class WorkerHealth {
  constructor(
    private readonly database: Database,
    private readonly redis: FeedRedis,
    private readonly pending: PendingRows,
    private readonly jobs: JobSender,
  ) {}

  async ready(): Promise<HealthReport> {
    const redis = this.redis.available ? 'ok' : 'down';
    try {
      const behind = await schemaBehind(this.database);
      return { ok: behind.length === 0, database: behind.length === 0 ? 'ok' : 'behind', redis };
    } catch {
      return { ok: false, database: 'down', redis };
    }
  }

  /** Reads the gauges anew for a scrape. What cannot be read is left out, never 0: 0 would say that all is quiet. */
  async collect(): Promise<void> {
    const [rows, depths] = await Promise.allSettled([this.pending.read(), this.jobs.depths()]);
    gauge('narwhal_pending').reset();
    gauge('narwhal_pending_age_seconds').reset();
    if (rows.status === 'fulfilled') {
      for (const { kind, count, age } of rows.value) {
        gauge('narwhal_pending').set({ kind }, count);
        gauge('narwhal_pending_age_seconds').set({ kind }, age);
      }
    }
    gauge('narwhal_queue_depth').reset();
    gauge('narwhal_queue_age_seconds').reset();
    if (depths.status !== 'fulfilled') return;
    for (const [queue, { depth, age }] of Object.entries(depths.value)) {
      gauge('narwhal_queue_depth').set({ queue }, depth);
      gauge('narwhal_queue_age_seconds').set({ queue }, age);
    }
  }
}
