import { Global, Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { CONFIG, MediaUrls, type Config } from '@app/platform';
import { Cursors } from './cursors.js';
import { EndpointGuard } from './endpoint.guard.js';
import { Idempotency } from './idempotency.js';
import { RankedLists } from './ranked-lists.js';
import { RateLimits } from './rate-limits.js';

const mediaUrls = {
  provide: MediaUrls,
  inject: [CONFIG],
  useFactory: ({ mediaUrl, MEDIA_KEYS }: Config) => new MediaUrls(mediaUrl, MEDIA_KEYS),
};

/** The parts that every endpoint shares. */
@Global()
@Module({
  providers: [
    mediaUrls,
    Cursors,
    RankedLists,
    Idempotency,
    RateLimits,
    EndpointGuard,
    { provide: APP_GUARD, useExisting: EndpointGuard },
  ],
  exports: [MediaUrls, Cursors, RankedLists, Idempotency, EndpointGuard],
})
export class HttpModule {}
