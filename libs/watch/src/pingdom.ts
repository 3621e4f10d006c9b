import { Injectable } from '@nestjs/common';
import { FeedRedis, RedisAway } from '@app/feed';
import { Database } from '@app/storage';

/** How long an answer is cached, so that requests cannot be used for an attack; in milliseconds. */
const KEPT = 5_000;
/** No client waits longer for the newest post; in milliseconds. */
const PATIENCE = 3_000;

interface Outcome {
  /** `OK`, or the word that Pingdom shows. */
  status: string;
  milliseconds: number;
}

const NEWEST = `SELECT shard, id FROM posts ORDER BY shard DESC, id DESC LIMIT 1`;

/**
 * Pingdom's HTTP custom check (its XML: status and response_time): a real small read through the pool that requests use and
 * through Redis. Requests are served without Redis, so its absence is not "down"; a PostgreSQL that does not answer is.
 */
@Injectable()
export class Pingdom {
  private last: { at: number; outcome: Promise<Outcome> } | null = null;

  constructor(
    private readonly database: Database,
    private readonly redis: FeedRedis,
  ) {}

  async xml(): Promise<string> {
    if (!this.last || performance.now() - this.last.at > KEPT)
      this.last = { at: performance.now(), outcome: this.read() };
    const { status, milliseconds } = await this.last.outcome;
    return `<pingdom_http_custom_check>\n<status>${status}</status>\n<response_time>${milliseconds.toFixed(3)}</response_time>\n</pingdom_http_custom_check>\n`;
  }

  private async read(): Promise<Outcome> {
    const begun = performance.now();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<string>((settle) => (timer = setTimeout(() => settle('TOO SLOW'), PATIENCE)));
    const status = await Promise.race([this.status(), late]);
    clearTimeout(timer);
    // Never 0, which its format does not allow.
    return { status, milliseconds: Math.max(0.001, performance.now() - begun) };
  }

  private async status(): Promise<string> {
    try {
      const { rows } = await this.database.query<{ id: string }>('pingdom.newest', NEWEST);
      await this.redis.get(`nw:pingdom:${rows[0]?.id ?? ''}`).catch((error: unknown) => {
        if (!(error instanceof RedisAway)) throw error;
      });
      return 'OK';
    } catch {
      return 'DATABASE DOWN';
    }
  }
}
