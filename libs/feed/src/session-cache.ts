import { Injectable } from '@nestjs/common';
import { keys, limits, type Id } from '@app/platform';
import { readsFromReplica } from '@app/storage';
import { cacheReads, ClientSideCache, type ReadSince } from './client-side-cache.js';
import { FeedRedis } from './redis.js';

const KEPT_FOR = limits.session.accessToken;
/** Sessions in the client-side cache, about 300 bytes each. */
const KEPT = 20_000;

/** Cached session lookups, for the lifetime of an access token; absent means: ask PostgreSQL. They hold nothing that grants rights. */
@Injectable()
export class SessionCache {
  private readonly kept;
  private readonly reads = cacheReads('session');

  constructor(
    private readonly redis: FeedRedis,
    private readonly clientCache: ClientSideCache,
  ) {
    this.kept = clientCache.keep<string>(['session'], KEPT);
  }

  /** The cached text, `'ended'`, or null when nothing is known or Redis is away. */
  async read(session: Id, since: ReadSince): Promise<string | null> {
    if (this.kept.get(session) !== undefined && (await this.clientCache.current(since))) {
      const text = this.kept.get(session);
      if (text !== undefined) {
        this.reads.near.inc();
        return text;
      }
    }
    try {
      const keep = this.kept.filling(session);
      const text = await this.redis.get(keys.session(this.redis.epoch, session));
      if (text !== null) keep(text);
      this.reads[text === null ? 'postgres' : 'redis'].inc();
      return text;
    } catch {
      this.reads.postgres.inc();
      return null;
    }
  }

  /** Caches what was read from PostgreSQL, unless a replica answered, or the session has ended since. Never throws. */
  async keep(session: Id, text: string): Promise<void> {
    if (readsFromReplica()) return;
    try {
      await this.redis.set(keys.session(this.redis.epoch, session), text, KEPT_FOR, true);
    } catch {
      // The next request asks PostgreSQL again.
    }
  }
}
