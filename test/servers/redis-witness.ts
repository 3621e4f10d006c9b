import { setTimeout as sleep } from 'node:timers/promises';
import { Redis, type RedisOptions } from 'ioredis';
import { patient } from '../harness/pace.js';

const EVERY = 20;

/** Writes to whichever Redis is the primary, as operators may, and remembers what was acknowledged, and for how long nothing was. */
export class RedisWitness {
  /** The longest time without an acknowledged write, in milliseconds. */
  gap = 0;
  private readonly acknowledged: string[] = [];
  private last = performance.now();
  private client: Redis;
  private isOver = false;
  private readonly done: Promise<void>;

  constructor(private readonly options: RedisOptions) {
    this.client = this.open();
    this.done = this.run();
  }

  /** ioredis gives up for good where it hears of a failover while it connects. */
  private open(): Redis {
    const own = { commandTimeout: 500, maxRetriesPerRequest: 0, enableOfflineQueue: false };
    const timed = {
      failoverDetector: true,
      socketTimeout: 3_000,
      connectTimeout: 1_000,
      disconnectTimeout: 200,
    };
    const client = new Redis({ ...this.options, ...own, ...timed, sentinelCommandTimeout: 1_000 });
    client.on('error', () => undefined);
    client.on('end', () => {
      if (!this.isOver) this.client = this.open();
    });
    return client;
  }

  private async run(): Promise<void> {
    for (let number = 0; !this.isOver; number += 1) {
      const key = `witness:${number}`;
      // The time without an acknowledgement is what is measured.
      const written = this.client.set(key, 'seen').then(
        () => this.saw(key),
        () => undefined,
      );
      await Promise.race([written, sleep(500)]);
      await sleep(EVERY);
    }
  }

  private saw(key: string): void {
    const now = performance.now();
    this.gap = Math.max(this.gap, now - this.last);
    this.last = now;
    this.acknowledged.push(key);
  }

  /** Starts measuring anew. */
  reset(): void {
    this.gap = 0;
    this.last = performance.now();
  }

  /** The acknowledged writes that are not there, in an order of its own. */
  async lost(): Promise<string[]> {
    const keys = [...this.acknowledged];
    const values = await this.read(keys);
    return keys.filter((_key, index) => values[index] === null);
  }

  /** Asked again while the client connects anew. */
  private async read(keys: readonly string[]): Promise<(string | null)[]> {
    for (const until = Date.now() + patient(10_000); ; await sleep(EVERY)) {
      try {
        return await this.client.mget([...keys]);
      } catch (error) {
        if (Date.now() > until) throw error;
      }
    }
  }

  async end(): Promise<void> {
    this.isOver = true;
    await this.done;
    this.client.disconnect();
  }
}
