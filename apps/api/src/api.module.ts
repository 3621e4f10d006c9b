import { Module, type DynamicModule } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { CONFIG, MediaUrls, PlatformModule, type Config } from '@app/platform';
import { DomainModule } from '@app/domain';
import { FeedModule } from '@app/feed';
import { StorageModule } from '@app/storage';
import { WatchModule } from '@app/watch';
import { controllers, services } from './rooms.js';
import { EndpointGuard } from './http/endpoint.guard.js';

/** How long a request waits for Redis before PostgreSQL serves it, in milliseconds. */
const REDIS_BUDGET = 250;

/** How long a request waits for PostgreSQL before it is refused as unavailable, in milliseconds. */
const DATABASE_LIMITS = { read: 5_000, write: 15_000 };

/** The api: one room per resource (`rooms.ts`), on top of the libraries. */
@Module({})
export class ApiModule {
  static with(config: Config): DynamicModule {
    return {
      module: ApiModule,
      imports: [
        PlatformModule.with(config, 'narwhal-api'),
        StorageModule.forRoot('narwhal-api', DATABASE_LIMITS),
        DomainModule,
        FeedModule.forRoot({ budget: REDIS_BUDGET, near: true }),
        WatchModule.forRoot('api'),
      ],
      controllers: [...controllers],
      providers: [
        {
          provide: MediaUrls,
          inject: [CONFIG],
          useFactory: ({ mediaUrl, MEDIA_KEYS }: Config) => new MediaUrls(mediaUrl, MEDIA_KEYS),
        },
        ...services,
        EndpointGuard,
        { provide: APP_GUARD, useExisting: EndpointGuard },
      ],
    };
  }
}
