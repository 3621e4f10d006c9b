import { Injectable } from '@nestjs/common';
import type { HealthReport } from '@app/platform';
import { FeedRedis } from '@app/feed';
import { Database, schemaBehind } from '@app/storage';

/** What the worker tells operators: whether it can work. */
@Injectable()
export class WorkerHealth {
  constructor(
    private readonly database: Database,
    private readonly redis: FeedRedis,
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
}
