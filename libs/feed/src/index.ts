/** What is quick: home feeds, counts, marks and looked-up sessions in Redis, with PostgreSQL behind each of them. */
export { AuthorFeeds } from './author-feeds.js';
export { Counts, type PostCounts, type Subject, type UserCounts } from './counts.js';
export { FeedModule } from './feed.module.js';
export { HomeFeeds, type FeedPage, type PageRequest } from './home-feeds.js';
export { ReaderMarks, type Mark, type Marks } from './reader-marks.js';
export { RedisAway } from './redis-away.js';
export { SessionCache } from './session-cache.js';
