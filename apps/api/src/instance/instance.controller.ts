import { Controller, Inject, Req, Res } from '@nestjs/common';
import {
  bytesPerDay,
  CONFIG,
  InstanceTexts,
  limits,
  version,
  type Config,
  type InstanceTextSet,
} from '@app/platform';
import { languageOf, listEntries } from '@app/pages';
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
    private readonly texts: InstanceTexts,
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
    const admission = await this.admission(request);
    const tag = tagOf(name, version, JSON.stringify([registrations, quota, admission]), features.join(' '));
    return fresh(request, reply, tag, {
      name,
      version,
      features,
      limits: { ...limits, quota, import: { ...limits.import, bytes: quota.bytesPerDay } },
      registrations,
      ...admission,
    });
  }

  /** What people are asked for, and what they can read before. */
  private async admission(request: ApiRequest) {
    const { MINIMUM_AGE: minimumAge, CONTACT: contact = null, publicUrl } = this.config;
    const verifiedEmail = this.config.REQUIRE_VERIFIED_EMAIL;
    const texts = await this.texts.current();
    const { terms } = texts;
    return {
      requires: { verifiedEmail, terms: terms !== undefined, minimumAge },
      terms: terms ? { version: terms.version, url: `${publicUrl}/terms` } : null,
      rules: await rulesOf(texts, request),
      contact,
      pages: {
        about: texts.about || texts.rules ? `${publicUrl}/about` : null,
        terms: terms ? `${publicUrl}/terms` : null,
        privacy: texts.privacy ? `${publicUrl}/privacy` : null,
      },
    };
  }
}

async function rulesOf({ rules }: InstanceTextSet, { headers }: ApiRequest) {
  if (!rules) return [];
  const language = languageOf(headers['accept-language'], [rules.language, ...rules.markdown.keys()]);
  const entries = await listEntries(rules.markdown.get(language) ?? '');
  return entries.slice(0, 100).map((text, index) => ({ id: String(index + 1), text: text.slice(0, 1_000) }));
}
