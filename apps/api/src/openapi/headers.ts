import type { EndpointOptions } from '../http/endpoint.js';

type Described = Record<string, { description: string; schema: object }>;

const text = (description: string, example: string, maxLength = 200) => ({
  description,
  schema: { type: 'string', maxLength, examples: [example] },
});
const number = (description: string) => ({ description, schema: { type: 'integer', minimum: 0 } });

/** Response headers, each described once. */
export const answerHeaders = {
  'X-Request-Id': text(
    'Names this request in the logs; the caller’s own when it sent one.',
    '0b0e7f0c-6d1e-4f0a',
  ),
  RateLimit: text('What is left of the limit, and seconds until it is whole again.', '"read";r=2993;t=41'),
  'RateLimit-Policy': text('The limit that counts here: requests and seconds.', '"read";q=3000;w=60'),
  'Retry-After': number('Try again after so many seconds.'),
  ETag: text('Which state this is; send it as If-None-Match.', 'W/"236402688000123904.1"'),
  Location: text('Where the thing that was made is read.', '/v1/posts/236402688000123904'),
  'Upload-Offset': number('Bytes that have arrived: where to go on.'),
  'Upload-Expires': text('Until when the upload may go on.', 'Mon, 23 Nov 2026 12:08:00 GMT'),
  'Narwhal-Photo-Id': text('The photo that the upload became; once it is complete.', '236402688000123904'),
  'Narwhal-Stale': number(
    'Sent where a replica answered: for how many seconds the primary has been away. Not to be cached.',
  ),
  'Tus-Resumable': text('The version of tus.', '1.0.0'),
  'Upload-Length': number('Bytes that the upload will have.'),
  'Upload-Metadata': text('The description, as it was given.', 'altText Rm9n', 10_000),
  'Content-Range': text('Which bytes these are.', 'bytes 0-99/1234'),
  Link: text(
    'Where the list goes on (RFC 8288).',
    '<https://narwhal.example.org/v1/feed?cursor=A0ft>; rel="next"',
    10_000,
  ),
  'Preference-Applied': text('The patience that counted.', 'wait=5'),
  'WWW-Authenticate': text('The scheme that is expected (RFC 6750).', 'Bearer error="invalid_token"'),
} satisfies Described;

export type HeaderName = keyof typeof answerHeaders;

const header = (name: string, description: string, schema: object, required = false) => ({
  name,
  in: 'header',
  required,
  description,
  schema: { type: 'string', maxLength: 200, ...schema },
});

/** Request headers; `Authorization` is the security scheme. */
export const requestHeaders = {
  IdempotencyKey: header(
    'Idempotency-Key',
    'A fresh random text for each thing to be made; the same request again gets the same result for 24 hours.',
    { maxLength: 64, pattern: '^[A-Za-z0-9_-]{16,64}$' },
  ),
  NarwhalProof: header(
    'Narwhal-Proof',
    'A fresh proof, from POST /v1/me/proofs; without one that holds the answer is 403 `proof_required`.',
    { maxLength: 1_000 },
  ),
  Prefer: header('Prefer', 'Answer when it is ready, or after so many seconds, five at most.', {
    examples: ['wait=5'],
  }),
  IfNoneMatch: header('If-None-Match', 'An ETag from before: 304 when it still holds.', {
    maxLength: 10_000,
    examples: ['W/"236402688000123904.1"'],
  }),
  Range: header('Range', 'Only these bytes (RFC 9110): 206. Of several ranges, all of it.', {
    examples: ['bytes=0-99'],
  }),
  IfRange: header('If-Range', 'The ETag that `Range` is of; all of it when it is another.', {}),
  LastEventId: header(
    'Last-Event-ID',
    'The id of the last event that was received: what was missed comes first.',
    {
      examples: ['236402688000123904'],
    },
  ),
  TusResumable: header(
    'Tus-Resumable',
    'The version of tus that the client speaks.',
    { examples: ['1.0.0'] },
    true,
  ),
  UploadLength: header(
    'Upload-Length',
    'Bytes that the upload will have.',
    { type: 'integer', minimum: 1, maxLength: undefined },
    true,
  ),
  UploadOffset: header(
    'Upload-Offset',
    'The byte at which this body goes on.',
    { type: 'integer', minimum: 0, maxLength: undefined },
    true,
  ),
  UploadMetadata: header(
    'Upload-Metadata',
    '`altText` and the description in base64; other keys are not kept.',
    {
      maxLength: 10_000,
      examples: ['altText Rm9n'],
    },
  ),
  UploadChecksum: header('Upload-Checksum', '`sha1` or `sha256` and the hash of this body in base64.', {
    examples: ['sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0='],
  }),
  MethodOverride: header(
    'X-HTTP-Method-Override',
    'The method that is meant: HEAD, PATCH or DELETE.',
    { examples: ['PATCH'] },
    true,
  ),
};

export function headerParametersOf({
  idempotent,
  proven,
  waits,
  headers,
  answers,
  takes = [],
}: EndpointOptions) {
  const names: (keyof typeof requestHeaders)[] = [];
  if (idempotent) names.push('IdempotencyKey');
  if (proven) names.push('NarwhalProof');
  if (waits) names.push('Prefer');
  if (headers?.includes('ETag')) names.push('IfNoneMatch');
  if (answers[206]) names.push('Range', 'IfRange');
  if (headers?.includes('Tus')) names.push('TusResumable');
  return [...names, ...takes].map((name) => ({ $ref: `#/components/parameters/${name}` }));
}

/** A header's name as that of a component, which generators make a name of code of. */
export const headerComponent = (name: string): string => name.replaceAll('-', '');

/** The headers of one response, as references. */
export function headersOf(names: readonly HeaderName[]) {
  return Object.fromEntries(
    names.map((name) => [name, { $ref: `#/components/headers/${headerComponent(name)}` }]),
  );
}

export function alwaysSent({ rate }: EndpointOptions): HeaderName[] {
  return rate === 'none' ? ['X-Request-Id'] : ['X-Request-Id', 'RateLimit', 'RateLimit-Policy'];
}
