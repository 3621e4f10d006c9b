import type { Id } from '@app/platform';
import { RedisEpochs, type Database } from '@app/storage/database';
import { RedisEpoch } from './epoch.js';
import { invalidation } from './invalidations.js';
import { channelOf } from './live-bus.js';
import { PendingInvalidations } from './pending-invalidations.js';
import { RedisLink } from './redis-link.js';
import { FeedRedis } from './redis.js';

/** How long Redis has for a command, in milliseconds: nobody's request waits. */
const BUDGET = 2_000;

/**
 * For a command that has ended sessions and ends itself: sends at once what a worker, which may not run, sends from their outbox rows.
 * Returns whether Redis confirmed it; if not, those rows are carried out when a worker runs.
 */
export async function forgetSessions(
  redisUrl: string,
  database: Database,
  sessions: readonly Id[],
): Promise<boolean> {
  const redis = new FeedRedis(new RedisLink(redisUrl, BUDGET), new RedisEpoch(new RedisEpochs(database)));
  try {
    await redis.start();
    await redis.confirm();
    await new PendingInvalidations(redis).invalidateOrThrow(
      ...sessions.map((session) => invalidation.ofSession(session)),
    );
    for (const session of sessions) {
      const message = { kind: 'ended', session } as const;
      await redis.publish(channelOf(message), JSON.stringify(message));
    }
    return true;
  } catch {
    // Redis is away: the answer says so.
    return false;
  } finally {
    redis.stop();
  }
}
