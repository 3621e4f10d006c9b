import { Injectable } from '@nestjs/common';
import { keys, limits, type Id } from '@app/platform';
import { FeedRedis } from './redis.js';

const ENDED = 'ended';
const KEPT_FOR = limits.session.accessToken;

/** Sessions that were looked up, for the length of an access token; absent means: ask PostgreSQL. */
@Injectable()
export class SessionCache {
  constructor(private readonly redis: FeedRedis) {}

  /** The text that was kept, `'ended'`, or null when nothing is known or Redis is away. */
  async read(session: Id): Promise<string | null> {
    try {
      return await this.redis.get(keys.session(this.redis.epoch, session));
    } catch {
      return null;
    }
  }

  /** Keeps what was read from PostgreSQL, unless the session has ended since. Never throws. */
  async keep(session: Id, text: string): Promise<void> {
    try {
      await this.redis.set(keys.session(this.redis.epoch, session), text, KEPT_FOR, true);
    } catch {
      // Asked for again at the next request.
    }
  }

  /**
   * Remembers that the session ended.
   *
   * @throws RedisAway: repeat it
   */
  async end(session: Id): Promise<void> {
    await this.redis.set(keys.session(this.redis.epoch, session), ENDED, KEPT_FOR);
  }
}
