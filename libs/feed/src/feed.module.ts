import { Global, Module, type DynamicModule } from '@nestjs/common';
import { AuthorFeeds } from './author-feeds.js';
import { Counts } from './counts.js';
import { HomeFeeds } from './home-feeds.js';
import { ReaderMarks } from './reader-marks.js';
import { SessionCache } from './session-cache.js';

const rooms = [HomeFeeds, AuthorFeeds, Counts, ReaderMarks, SessionCache];

/** What is quick, once a process: `FeedModule.forRoot({ budget: 250 })`. Needs PlatformModule and StorageModule. */
@Global()
@Module({})
export class FeedModule {
  /** `budget`: how long Redis has before PostgreSQL serves, in milliseconds. */
  static forRoot(options: { budget: number }): DynamicModule {
    void options;
    return { module: FeedModule, providers: rooms, exports: rooms };
  }
}
