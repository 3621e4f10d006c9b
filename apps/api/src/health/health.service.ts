import { Inject, Injectable } from '@nestjs/common';
import type { HealthReport } from '@app/platform';
import { FeedRedis } from '@app/feed';
import { Database, OBJECT_STORE, schemaBehind, type ObjectStore } from '@app/storage';

interface Part {
  state: 'ok' | 'down' | 'behind';
  milliseconds?: number;
}

/** A part that did not answer by now is down; in milliseconds. */
const PATIENCE = 2_000;
/** How long a report is believed, so that asking is no lever for attack; in milliseconds. */
const BELIEVED = 500;

/**
 * Whether this process should get requests. Not when it drains or its schema is behind. A dependency that is down for
 * everyone is *degraded*, not down: emptying the whole pool would turn a blip into an outage.
 */
@Injectable()
export class HealthService {
  private draining = false;
  private last: { at: number; report: Promise<HealthReport> } | null = null;

  constructor(
    private readonly database: Database,
    private readonly redis: FeedRedis,
    @Inject(OBJECT_STORE) private readonly objects: ObjectStore,
  ) {}

  drain(): void {
    this.draining = true;
  }

  get isDraining(): boolean {
    return this.draining;
  }

  async ready(): Promise<HealthReport> {
    if (this.draining) return { ok: false, status: 'draining' };
    if (!this.last || Date.now() - this.last.at > BELIEVED)
      this.last = { at: Date.now(), report: this.look() };
    return this.last.report;
  }

  private async look(): Promise<HealthReport> {
    const [database, objects] = await Promise.all([
      timed(async () => ((await schemaBehind(this.database)).length > 0 ? 'behind' : 'ok')),
      timed(async () => {
        await this.objects.check();
        return 'ok';
      }),
    ]);
    const redis: Part = { state: this.redis.available ? 'ok' : 'down' };
    const parts = { database, redis, objects };
    const behind = database.state === 'behind';
    const degraded = Object.values(parts).some(({ state }) => state !== 'ok');
    return { ok: !behind, status: behind ? 'schema_behind' : degraded ? 'degraded' : 'ready', parts };
  }
}

async function timed(look: () => Promise<Part['state']>): Promise<Part> {
  const begun = performance.now();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Part['state']>((resolve) => {
    timer = setTimeout(() => resolve('down'), PATIENCE);
  });
  const state = await Promise.race([look().catch(() => 'down' as const), late]);
  clearTimeout(timer);
  return { state, milliseconds: Math.round(performance.now() - begun) };
}
