import { Controller, Inject, Req, Res } from '@nestjs/common';
import { bytesPerDay, CONFIG, limits, version, type Config } from '@app/platform';
import { OBJECT_STORE, type ObjectStore } from '@app/storage';
import type { ApiReply, ApiRequest } from '../http/call.js';
import { Endpoint } from '../http/endpoint.js';
import { fresh, tagOf } from '../http/freshness.js';
import { instance } from './instance.schemas.js';

/** Features beyond the first release that clients may rely on; a client checks for a name, not for a version. */
const always = [
  'collections',
  'explore',
  'follow-requests',
  'idempotency-key',
  'notifications',
  'places',
  'prefer-wait',
  'resumable-uploads',
  'search',
  'stream',
  'suggestions',
  'tags',
  'thumbhash',
];

@Controller()
export class InstanceController {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(OBJECT_STORE) private readonly objects: ObjectStore,
  ) {}

  @Endpoint({
    method: 'GET',
    path: '/v1/instance',
    tag: 'Operators',
    summary: 'What this instance is and what its limits are',
    access: 'none',
    answers: { 200: instance },
    headers: ['ETag'],
  })
  async getInstance(@Req() request: ApiRequest, @Res({ passthrough: true }) reply: ApiReply) {
    const { INSTANCE_NAME: name, REGISTRATIONS: registrations } = this.config;
    const { QUOTA_BYTES: bytes, QUOTA_PHOTOS_PER_DAY: photosPerDay } = this.config;
    const quota = { bytes, bytesPerDay: bytesPerDay(bytes), photosPerDay };
    const features = (await this.objects.home()) === 's3' ? ['direct-uploads', ...always] : always;
    const requires = { verifiedEmail: this.config.REQUIRE_VERIFIED_EMAIL };
    const tag = tagOf(name, version, registrations, JSON.stringify([quota, requires]), features.join(' '));
    return fresh(request, reply, tag, {
      name,
      version,
      features,
      limits: { ...limits, quota },
      registrations,
      requires,
    });
  }
}
