/** What is quick: home feeds, counts, marks and looked-up sessions in Redis, with PostgreSQL behind each of them. */
export { AuthorFeeds } from './author-feeds.js';
export { cacheReads, type AnsweredFrom } from './cache-reads.js';
export { COUNT_SETTLES_AFTER, Counts, type Subject } from './counts.js';
export { FeedModule } from './feed.module.js';
export type { PageRequest } from './feed-windows.js';
export { LiveBus, type LiveListener } from './live-bus.js';
export type { Moment } from './near.js';
export { OpenStreams } from './open-streams.js';
export { HomeFeeds, type FeedPage } from './home-feeds.js';
export { RateCounter, type RateState } from './rate-counter.js';
export { ReaderMarks, type Mark, type Marks } from './reader-marks.js';
export { RedisAway } from './redis-away.js';
export { lookAtRedis, type RedisLook } from './redis-look.js';
export { RedisProbe, type RedisFacts } from './redis-probe.js';
export { FeedRedis } from './redis.js';
export { SNAPSHOT_NAME_BYTES, Snapshots } from './snapshots.js';
export { SessionCache } from './session-cache.js';
export type { PostCounts, UserCounts } from '@app/storage';
