import { Injectable } from '@nestjs/common';
import type { Invalidation } from './invalidations.js';
import { RedisAway } from './redis-link.js';
import { FeedRedis } from './redis.js';

/** Above this, a new epoch is the simpler way to invalidate. */
const MOST = 10_000;
/** A Redis that is reachable but refuses writes for longer than this is also invalidated by a new epoch. In milliseconds. */
const REFUSED_FOR = 30_000;
/** Subjects of one script call, of three keys at most. */
const AT_ONCE = 300;

/**
 * Committed changes that Redis has to invalidate, kept until Redis confirms them. While any is pending, Redis counts as away
 * for this process: PostgreSQL serves, so no answer is older than an earlier one of this process.
 *
 * Other processes keep reading, so each invalidation is also sent at once while the connection is up, whether or not Redis
 * seems to hang: a server that resumes reads it together with their queries. If this process dies meanwhile, the outbox row of
 * the same transaction does it; for counts and marks, the fold and their time to live.
 */
@Injectable()
export class PendingInvalidations {
  private pending = new Map<string, Invalidation>();
  private refusedSince: number | null = null;

  constructor(private readonly redis: FeedRedis) {
    redis.settleBeforeReads(this);
  }

  get size(): number {
    return this.pending.size;
  }

  /** Sends the invalidations now, and repeats them until Redis confirms. Never rejects; resolves once Redis confirms, or counts as away. */
  async invalidate(...changes: Invalidation[]): Promise<void> {
    if (changes.length === 0) return;
    const isThere = this.redis.available;
    for (const change of changes) if (this.pending.size < MOST) this.pending.set(nameOf(change), change);
    const told = this.tell(changes);
    if (isThere) await told;
  }

  /**
   * Sends them once: for the worker, whose outbox row stays until it succeeds.
   *
   * @throws RedisAway
   */
  async invalidateOrThrow(...changes: Invalidation[]): Promise<void> {
    if (!this.redis.available) throw new RedisAway();
    await this.send(changes);
  }

  /** Sends all pending invalidations. @throws when Redis does not accept them */
  async settle(): Promise<void> {
    if (this.pending.size >= MOST) return this.forgetAll();
    const changes = [...this.pending.values()];
    try {
      await this.send(changes);
    } catch (error) {
      this.refusedSince ??= performance.now();
      if (performance.now() - this.refusedSince < REFUSED_FOR) throw error;
      return this.forgetAll();
    }
    this.refusedSince = null;
    this.done(changes);
  }

  private async forgetAll(): Promise<void> {
    const { pending } = this;
    this.pending = new Map();
    try {
      await this.redis.beginEpoch();
      this.refusedSince = null;
    } catch (error) {
      this.pending = new Map([...pending, ...this.pending]);
      throw error;
    }
  }

  private async tell(changes: readonly Invalidation[]): Promise<void> {
    try {
      if (this.redis.failsOver) await this.redis.confirm();
      await this.send(changes);
      this.done(changes);
    } catch {
      // They stay pending, and nothing is read from Redis until `settle` has sent them.
      this.redis.holdReads();
    }
  }

  private async send(changes: readonly Invalidation[]): Promise<void> {
    const kinds = Map.groupBy(changes, ({ script, args }) => `${script} ${args.join(' ')}`);
    const calls = [...kinds.values()].flatMap((alike) =>
      this.redis
        .groups(alike, ({ owner }) => owner, AT_ONCE)
        .map((group) => {
          const [first] = group as [Invalidation];
          const keysOf = (epoch: string): string[] => group.flatMap((change) => change.keysOf(epoch));
          return this.redis.tell(first.script, keysOf, first.args);
        }),
    );
    await Promise.all(calls);
  }

  /** An invalidation that was requested again meanwhile is another object, and stays. */
  private done(changes: readonly Invalidation[]): void {
    for (const change of changes) {
      const name = nameOf(change);
      if (this.pending.get(name) === change) this.pending.delete(name);
    }
  }
}

const nameOf = ({ script, keysOf, args }: Invalidation): string =>
  `${script} ${keysOf('').join(' ')} ${args.join(' ')}`;
