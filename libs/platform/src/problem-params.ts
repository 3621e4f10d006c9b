import type { ProblemCode } from './problems.js';

/** A parameter of a refusal: its type, its meaning, and whether it may be missing. */
export type Param = readonly [type: 'integer' | 'string' | 'array', meaning: string, presence?: 'optional'];
type Params = Readonly<Record<string, Param>>;

const limit: Param = ['integer', 'How much is allowed.'];
const actual: Param = ['integer', 'How much was sent, or would be held.'];
const sent: Param = ['integer', 'How much was sent, where that is known.', 'optional'];
const offset: Param = ['integer', 'The byte at which the upload goes on.'];
const photoId: Param = ['string', 'The photo.'];
const reason: Param = ['string', 'Why, in English.'];
const retryAfter: Param = ['integer', 'After how many seconds to try again; Retry-After says the same.'];
const received: Param = ['string', 'What was sent, cut.'];
const expected: Param = ['string', 'What would be taken.'];

const factor: Params = {
  challenge: ['string', 'Sent back with the second factor; good for five minutes.'],
  methods: ['array', 'What may answer it: `totp`, `passkey`, `recoveryCode`; more may come.'],
};

/** The `params` of every refusal that has some. Each parameter that a sentence of `problemTable` names is among them. */
export const problemParams: Readonly<Partial<Record<ProblemCode, Params>>> = {
  request_invalid: { reason },
  second_factor_required: factor,
  second_factor_missing: factor,
  method_not_allowed: { allow: ['string', 'The methods that the path answers.'] },
  provider_unavailable: { provider: ['string', 'The id of the provider.'] },
  photo_not_ready: { photoId },
  post_not_published: { state: ['string', 'The state of the post.'] },
  upload_offset: { offset },
  upload_taken_over: { offset },
  upload_not_arrived: {
    actual: ['integer', 'How many bytes the store has.'],
    expected: ['integer', 'How many it has to have.'],
  },
  expectation_failed: { received },
  tus_version: { expected, received },
  photo_too_large: { limit, actual: sent },
  body_too_large: { limit, actual: sent },
  unsupported_media_type: { expected, received },
  too_many_pieces: { limit },
  quota_exceeded: {
    quota: ['string', 'What is full: `bytes`, `bytesPerDay`, `photosPerDay` or `openUploads`.'],
    limit,
    actual,
  },
  password_too_weak: {
    reason,
    score: ['integer', 'How hard it is to guess, from 0 to 4.'],
    required: ['integer', 'The score that is needed.'],
  },
  photo_rejected: { photoId, reason: ['string', 'The code of its rejection.'] },
  photo_not_found: { photoId },
  photo_already_posted: { photoId },
  photo_not_in_post: { photoId },
  follow_limit: { limit },
  collection_limit: { limit },
  passkey_limit: { limit },
  invitation_limit: { limit, actual },
  terms_required: {
    version: ['string', 'The version of the terms.'],
    url: ['string', 'Where they can be read.'],
  },
  too_young: { minimumAge: ['integer', 'The age that is needed, in years.'] },
  rate_limited: { retryAfter },
  busy: { retryAfter },
};
