import { Injectable } from '@nestjs/common';
import { RedisEpochs } from '@app/storage';
import type { RedisLink } from './redis-link.js';

/**
 * Identifies one life of the Redis data. A server that restarts from an old dump, or a replica that takes over without the last
 * second, holds feeds with holes: worse than none. So each change of the server's fingerprint begins a new epoch, a number in
 * PostgreSQL that all processes share, and every derived key contains it.
 *
 * Until the epoch of a new connection is known, Redis counts as away. While connected, the epoch is looked up again every other
 * second: a cluster changes primaries without breaking our connection, and a `renew` by another process must be noticed.
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

  /** @throws when Redis or PostgreSQL does not answer; the known epoch stays */
  async learn(link: RedisLink): Promise<void> {
    const connection = link.connections;
    const epoch = await this.rows.of(await link.fingerprint());
    if (link.isUp && link.connections === connection) this.known = epoch;
  }

  /** Whether this process knows the newest epoch. */
  async isPresent(): Promise<boolean> {
    return this.known !== null && (await this.rows.present()) === this.known;
  }

  /**
   * Begins a new epoch although the server is the same: after many missed changes a fresh start is simpler. Other processes
   * notice at their next lookup.
   */
  async renew(): Promise<void> {
    this.known = null;
    await this.rows.renew();
  }
}
