import { Injectable } from '@nestjs/common';
import { RedisEpochs } from '@app/storage';
import type { RedisLink } from './redis-link.js';

/**
 * Which life of the Redis data this is. A server that restarts from an old dump, or a replica that takes over without the
 * last second, holds feeds with holes: worse than none. So each change of the server's fingerprint begins a new epoch,
 * a number in PostgreSQL that all processes share, and it stands in every derived key.
 *
 * Until the epoch of a new connection is known, Redis counts as away. While connected it is looked up again every other
 * second: a cluster changes primaries without our connection breaking, and `renew` by another process must be seen.
 */
@Injectable()
export class RedisEpoch {
  private known: string | null = null;

  constructor(private readonly rows: RedisEpochs) {}

  /** Null: not known for this connection. */
  get current(): string | null {
    return this.known;
  }

  forget(): void {
    this.known = null;
  }

  /** @throws when Redis or PostgreSQL cannot be asked; what was known stays */
  async learn(link: RedisLink): Promise<void> {
    const connection = link.connections;
    const epoch = await this.rows.of(await link.fingerprint());
    if (link.isUp && link.connections === connection) this.known = epoch;
  }

  /** Whether no newer one has begun, of which this process has not heard yet. */
  async isPresent(): Promise<boolean> {
    return this.known !== null && (await this.rows.present()) === this.known;
  }

  /**
   * Begins a new epoch although the server is the same: so much was missed that it is simpler to start afresh. Others see
   * it when they look next.
   */
  async renew(): Promise<void> {
    this.known = null;
    await this.rows.renew();
  }
}
