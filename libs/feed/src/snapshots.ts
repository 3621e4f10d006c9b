import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { keys, limits, type Id } from '@app/platform';
import { FeedRedis } from './redis.js';

/** How many bytes name a snapshot: so many that nobody guesses one. */
export const SNAPSHOT_NAME_BYTES = 12;

/**
 * Ranked lists as they stood when their first page was read: an order by likes or relations changes all the time, and its
 * pages would overlap. Nothing but order is kept: what may be seen is asked again for each page. What is lost here is
 * lost; whoever reads on is told to start again.
 */
@Injectable()
export class Snapshots {
  constructor(private readonly redis: FeedRedis) {}

  /** Keeps a list for ten minutes and answers its name; null while Redis is away. */
  async keep(ids: readonly Id[]): Promise<Buffer | null> {
    const name = randomBytes(SNAPSHOT_NAME_BYTES);
    try {
      await this.redis.set(this.key(name), ids.join(','), limits.list.rankedFor);
      return name;
    } catch {
      return null;
    }
  }

  /**
   * Null when it is no longer held.
   *
   * @throws RedisAway
   */
  async read(name: Buffer): Promise<Id[] | null> {
    const text = await this.redis.get(this.key(name));
    return text === null ? null : text.split(',');
  }

  private key(name: Buffer): string {
    return keys.snapshot(this.redis.epoch, name.toString('base64url'));
  }
}
