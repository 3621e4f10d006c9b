import type { EndpointOptions } from '../http/endpoint.js';

type Described = Record<string, { description: string; schema: object }>;

const text = (description: string, example: string) => ({
  description,
  schema: { type: 'string', examples: [example] },
});
const seconds = (description: string) => ({ description, schema: { type: 'integer', minimum: 0 } });

/** Response headers, each described once. */
export const answerHeaders = {
  'X-Request-Id': text(
    'Names this request in the logs; the caller’s own when it sent one.',
    '0b0e7f0c-6d1e-4f0a',
  ),
  RateLimit: text('What is left of the limit, and seconds until it is whole again.', '"read";r=2993;t=41'),
  'RateLimit-Policy': text('The limit that counts here: requests and seconds.', '"read";q=3000;w=60'),
  'Retry-After': seconds('Try again after so many seconds.'),
  ETag: text('Which state this is; send it as If-None-Match.', 'W/"236402688000123904.1"'),
  Location: text('Where the thing that was made is read.', '/v1/posts/236402688000123904'),
  'Upload-Offset': seconds('Bytes that have arrived: where to go on.'),
  'Upload-Expires': text('Until when the upload may go on.', 'Mon, 23 Nov 2026 12:08:00 GMT'),
  'Narwhal-Photo-Id': text('The photo that the upload became; once it is complete.', '236402688000123904'),
  'Tus-Resumable': text('The version of tus.', '1.0.0'),
  Link: text(
    'Where the list goes on (RFC 8288).',
    '<https://narwhal.example.org/v1/feed?cursor=A0ft>; rel="next"',
  ),
  'Preference-Applied': text('The patience that counted.', 'wait=5'),
  'WWW-Authenticate': text('The scheme that is expected (RFC 6750).', 'Bearer error="invalid_token"'),
} satisfies Described;

export type HeaderName = keyof typeof answerHeaders;

const headerParameter = (name: string, description: string, schema: object) => ({
  name,
  in: 'header',
  required: false,
  description,
  schema: { type: 'string', ...schema },
});

/** Request headers; `Authorization` is the security scheme. */
export const requestHeaders = {
  IdempotencyKey: headerParameter(
    'Idempotency-Key',
    'A fresh random text for each thing to be made; the same request again gets the same result for 24 hours.',
    { pattern: '^[A-Za-z0-9_-]{16,64}$' },
  ),
  Prefer: headerParameter('Prefer', 'Answer when it is ready, or after so many seconds, five at most.', {
    examples: ['wait=5'],
  }),
  TusResumable: headerParameter('Tus-Resumable', 'The version of tus that the client speaks: 1.0.0.', {
    examples: ['1.0.0'],
  }),
  IfNoneMatch: headerParameter('If-None-Match', 'An ETag from before: 304 when it still holds.', {}),
};

type ParameterName = keyof typeof requestHeaders;

export function headerParametersOf({ idempotent, waits, headers }: EndpointOptions) {
  const names: ParameterName[] = [];
  if (idempotent) names.push('IdempotencyKey');
  if (waits) names.push('Prefer');
  if (headers?.includes('ETag')) names.push('IfNoneMatch');
  if (headers?.includes('Tus')) names.push('TusResumable');
  return names.map((name) => ({ $ref: `#/components/parameters/${name}` }));
}

/** The headers of one response, as references. */
export function headersOf(names: readonly HeaderName[]) {
  return Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));
}

export function alwaysSent({ rate }: EndpointOptions): HeaderName[] {
  return rate === 'none' ? ['X-Request-Id'] : ['X-Request-Id', 'RateLimit', 'RateLimit-Policy'];
}
