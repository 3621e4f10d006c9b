import {
  Global,
  Module,
  type DynamicModule,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type Provider,
} from '@nestjs/common';
import { CONFIG, type Config } from '@app/platform';
import { CountReads, FeedRows, MarkReads, RedisEpochs, UnitOfWork } from '@app/storage';
import { AuthorFeeds } from './author-feeds.js';
import { Counts } from './counts.js';
import { RedisEpoch } from './epoch.js';
import { FeedWindows } from './feed-windows.js';
import { HomeFeeds } from './home-feeds.js';
import { LiveBus } from './live-bus.js';
import { LiveLink } from './live-link.js';
import { OpenStreams } from './open-streams.js';
import { RateCounter } from './rate-counter.js';
import { ReaderMarks } from './reader-marks.js';
import { RedisLink } from './redis-link.js';
import { FeedRedis } from './redis.js';
import { ReaderRelations } from './relations.js';
import { Snapshots } from './snapshots.js';
import { SessionCache } from './session-cache.js';

const rows: Provider[] = [CountReads, FeedRows, MarkReads, RedisEpochs];
const rooms: Provider[] = [
  Snapshots,
  FeedRedis,
  HomeFeeds,
  AuthorFeeds,
  Counts,
  ReaderMarks,
  SessionCache,
  RateCounter,
  LiveBus,
  OpenStreams,
];

/** What is quick, once a process: `FeedModule.forRoot({ budget: 250 })`. Needs PlatformModule and StorageModule. */
@Global()
@Module({})
export class FeedModule implements OnApplicationBootstrap, OnApplicationShutdown {
  constructor(
    private readonly redis: FeedRedis,
    counts: Counts,
    work: UnitOfWork,
    private readonly live: LiveBus,
  ) {
    work.onTell((message) => live.publish(message));
    work.onDelta(({ counter, subjectId, delta, since }) => counts.changed(counter, subjectId, delta, since));
  }

  /** `budget`: how long Redis has for a command, in milliseconds; on the request path 250, then PostgreSQL serves. */
  static forRoot({ budget }: { budget: number }): DynamicModule {
    const link: Provider = {
      provide: RedisLink,
      inject: [CONFIG],
      useFactory: (config: Config) => new RedisLink(config.REDIS_URL, budget),
    };
    const ears: Provider = {
      provide: LiveLink,
      inject: [CONFIG],
      useFactory: (config: Config) => new LiveLink(config.REDIS_URL),
    };
    const within: Provider[] = [link, ears, RedisEpoch, FeedWindows, ReaderRelations, ...rows];
    return { module: FeedModule, providers: [...within, ...rooms], exports: rooms };
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.redis.start();
  }

  onApplicationShutdown(): void {
    this.live.stop();
    this.redis.stop();
  }
}
