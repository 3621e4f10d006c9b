/** The fast path: home feeds, counts, marks and cached sessions in Redis, with PostgreSQL behind each of them. */
export { AuthorFeeds } from './author-feeds.js';
export { cacheReads, type ReadSince } from './client-side-cache.js';
export { COUNT_SETTLES_AFTER, Counts, type Subject } from './counts.js';
export { FeedModule } from './feed.module.js';
export type { PageRequest } from './feed-windows.js';
export { GuessCounter } from './guess-counter.js';
export { invalidation, type Invalidation } from './invalidations.js';
export { LiveBus, type LiveListener } from './live-bus.js';
export { HomeFeeds, type FeedPage } from './home-feeds.js';
export { PendingInvalidations } from './pending-invalidations.js';
export { RateCounter, type RateState } from './rate-counter.js';
export { LikedSavedCache, type Mark, type Marks } from './liked-saved-cache.js';
export { RedisAway } from './redis-link.js';
export { lookAtRedis, RedisProbe, warnWithoutRedis, type RedisFacts, type RedisLook } from './redis-probe.js';
export { FeedRedis } from './redis.js';
export { SNAPSHOT_NAME_BYTES, Snapshots } from './snapshots.js';
export { SessionCache } from './session-cache.js';
export type { PostCounts, UserCounts } from '@app/storage';
