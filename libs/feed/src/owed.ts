import type { Id } from '@app/platform';
import { FeedRedis } from './redis.js';

/** More than this, and a new epoch is the simpler way to forget. */
const MOST = 10_000;

/**
 * Keys that a change in PostgreSQL made doubtful while Redis did not answer: they are dropped before anything else is asked
 * of it. Held in memory: if the process dies too, their time to live or the worker's settlement ends the doubt.
 */
export class Owed {
  private keys = new Map<string, { owner: Id; keyOf: (epoch: string, owner: Id) => string }>();

  constructor(private readonly redis: FeedRedis) {
    redis.onReturn(() => this.pay());
  }

  add(owner: Id, keyOf: (epoch: string, owner: Id) => string): void {
    if (this.keys.size < MOST) this.keys.set(keyOf('', owner), { owner, keyOf });
    if (this.redis.available) void this.pay();
  }

  private async pay(): Promise<void> {
    if (this.keys.size === 0) return;
    const debts = this.keys;
    this.keys = new Map();
    try {
      if (debts.size >= MOST) return await this.redis.renew();
      const { epoch } = this.redis;
      const groups = this.redis.groups([...debts.values()], ({ owner }) => owner);
      const drop = (group: (typeof groups)[number]): Promise<unknown> => {
        const dropped = group.map(({ owner, keyOf }) => keyOf(epoch, owner));
        return this.redis.run('forget', dropped, []);
      };
      await Promise.all(groups.map(drop));
    } catch {
      for (const [name, debt] of debts) this.keys.set(name, debt);
    }
  }
}
