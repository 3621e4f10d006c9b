import { STATUS_CODES } from 'node:http';
import type { ProblemCode } from '@app/platform';
import type { Access, EndpointOptions } from '../http/endpoint.js';
import { headersOf, type HeaderName } from './headers.js';
import { nameOf, wireOf } from './problem-schemas.js';

const tokens: ProblemCode[] = ['token_expired', 'token_invalid', 'session_ended'];
const jsonBody: ProblemCode[] = [
  'json_invalid',
  'body_too_large',
  'unsupported_media_type',
  'body_incomplete',
  'expectation_failed',
];
const always: ProblemCode[] = ['request_invalid', 'internal_error', 'unavailable'];

const byAccess: Record<Access, readonly ProblemCode[]> = {
  none: [],
  optional: tokens,
  required: [...tokens, 'token_missing'],
  admin: [...tokens, 'not_found'],
};

/** Every code that an endpoint may return: those that it declares, and those that its declaration implies. */
export function codesOf(endpoint: EndpointOptions): ProblemCode[] {
  const { access, path, params, query, body, multipart, idempotent, proven, rate } = endpoint;
  const codes: (readonly ProblemCode[])[] = [always, endpoint.problems ?? []];
  codes.push(byAccess[access]);
  if (params) codes.push(['not_found']);
  // Under /v1 an undeclared query parameter is also a fault.
  if (path.startsWith('/v1/') || query || body || multipart || idempotent) codes.push(['validation_failed']);
  if (body) codes.push(jsonBody);
  if (proven) codes.push(['proof_required']);
  if (idempotent) codes.push(['idempotency_in_progress', 'idempotency_key_reused', 'gone']);
  if (rate !== 'none') codes.push(['rate_limited']);
  return [...new Set(codes.flat())];
}

const retried = new Set([409, 429, 503]);

function headerNames(status: number): HeaderName[] {
  const names: HeaderName[] = ['X-Request-Id'];
  if (status === 429) names.push('RateLimit', 'RateLimit-Policy');
  if (retried.has(status)) names.push('Retry-After');
  if (status === 401) names.push('WWW-Authenticate');
  if (status === 409) names.push('Upload-Offset');
  return names;
}

/** An endpoint's codes by status. */
export function codesByStatus(endpoint: EndpointOptions): Record<string, string[]> {
  const byStatus = Map.groupBy(codesOf(endpoint).map(wireOf), ({ status }) => String(status));
  return Object.fromEntries(
    [...byStatus]
      .toSorted(([a], [b]) => Number(a) - Number(b))
      .map(([status, found]) => [status, [...new Set(found.map(({ code }) => code))].toSorted()]),
  );
}

const responseOf = (status: number): string => nameOf(STATUS_CODES[status] ?? 'ChecksumMismatch');

/** An endpoint's refusals by status; the description names its possible codes. */
export function problemAnswers(endpoint: EndpointOptions): Record<string, object> {
  return Object.fromEntries(
    Object.entries(codesByStatus(endpoint)).map(([status, codes]) => [
      status,
      {
        $ref: `#/components/responses/${responseOf(Number(status))}`,
        description: codes.map((code) => `\`${code}\``).join(', '),
      },
    ]),
  );
}

/** The definitions that `problemAnswers` references: one for each status, since all have the same body. */
export function problemResponses(endpoints: readonly EndpointOptions[]): Record<string, object> {
  const statuses = [...new Set(endpoints.flatMap((endpoint) => Object.keys(codesByStatus(endpoint))))];
  return Object.fromEntries(
    statuses.toSorted().map((status) => [
      responseOf(Number(status)),
      {
        description: `${STATUS_CODES[status] ?? 'Checksum Mismatch'}.`,
        headers: headersOf(headerNames(Number(status))),
        content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
      },
    ]),
  );
}
