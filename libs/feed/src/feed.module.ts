import {
  Global,
  Inject,
  Module,
  type DynamicModule,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type Provider,
} from '@nestjs/common';
import { CONFIG, type Config } from '@app/platform';
import { CommitListener } from '@app/storage';
import { AfterCommit } from './after-commit.js';
import { AuthorFeeds } from './author-feeds.js';
import { Counts } from './counts.js';
import { RedisEpoch } from './epoch.js';
import { FeedWindows } from './feed-windows.js';
import { HomeFeeds } from './home-feeds.js';
import { LiveBus } from './live-bus.js';
import { LiveLink } from './live-link.js';
import { TrackingConnection } from './tracking-connection.js';
import { ClientSideCache } from './client-side-cache.js';
import { PendingInvalidations } from './pending-invalidations.js';
import { GuessCounter } from './guess-counter.js';
import { RateCounter } from './rate-counter.js';
import { LikedSavedCache } from './liked-saved-cache.js';
import { RedisLink } from './redis-link.js';
import { FeedRedis } from './redis.js';
import { ReaderRelations } from './relations.js';
import { Snapshots } from './snapshots.js';
import { SessionCache } from './session-cache.js';

const rooms: Provider[] = [
  Snapshots,
  FeedRedis,
  PendingInvalidations,
  HomeFeeds,
  AuthorFeeds,
  Counts,
  LikedSavedCache,
  SessionCache,
  RateCounter,
  GuessCounter,
  LiveBus,
  { provide: CommitListener, useClass: AfterCommit },
];

const KEEPS_NEAR = 'feed:keeps-near';

/** Everything fast, once per process: `FeedModule.forRoot({ budget: 250, near: true })`. Needs PlatformModule and StorageModule. */
@Global()
@Module({})
export class FeedModule implements OnApplicationBootstrap, OnApplicationShutdown {
  constructor(
    private readonly redis: FeedRedis,
    private readonly clientCache: ClientSideCache,
    @Inject(KEEPS_NEAR) private readonly keepsNear: boolean,
    private readonly live: LiveBus,
  ) {}

  /**
   * `budget`: how long Redis has for a command, in milliseconds; on the request path 250, then PostgreSQL serves. `near`:
   * whether this process reads enough to need the client-side cache.
   */
  static forRoot({ budget, near }: { budget: number; near: boolean }): DynamicModule {
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
    const changes: Provider = {
      provide: TrackingConnection,
      inject: [CONFIG, RedisLink],
      useFactory: (config: Config, main: RedisLink) => new TrackingConnection(main, config.REDIS_URL, budget),
    };
    const keepsNear: Provider = { provide: KEEPS_NEAR, useValue: near };
    const within: Provider[] = [
      link,
      ears,
      changes,
      keepsNear,
      ClientSideCache,
      RedisEpoch,
      FeedWindows,
      ReaderRelations,
    ];
    return { module: FeedModule, providers: [...within, ...rooms], exports: rooms };
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.redis.start();
    if (this.keepsNear) this.clientCache.start();
  }

  onApplicationShutdown(): void {
    this.live.stop();
    this.clientCache.stop();
    this.redis.stop();
  }
}
