import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { keys, limits, type Id } from '@app/platform';
import { FeedRedis } from './redis.js';

/** Length of a snapshot's name in bytes: too long to guess. */
export const SNAPSHOT_NAME_BYTES = 12;

/**
 * Ranked lists as they were when their first page was read: an order by likes or relations changes all the time, and its pages
 * would overlap. Only the order is stored: visibility is checked again for each page. A lost snapshot is not restored: its
 * reader has to start again.
 */
@Injectable()
export class Snapshots {
  constructor(private readonly redis: FeedRedis) {}

  /** Stores a list for ten minutes and returns its name; null while Redis is away. */
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
   * Null when it has expired.
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
