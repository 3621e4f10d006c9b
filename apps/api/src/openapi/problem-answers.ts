import { problem, problemTable, type ProblemCode } from '@app/platform';
import type { EndpointOptions } from '../http/endpoint.js';
import { headersOf, type HeaderName } from './headers.js';

/** A refusal's status and code, as sent to clients. */
export const wireOf = (code: ProblemCode) => {
  const { status, code: wire } = problem(code);
  return { status, code: wire };
};

const allCodes = (Object.keys(problemTable) as ProblemCode[]).map((code) => wireOf(code).code);

const fault = {
  type: 'object',
  description: 'One fault of one field.',
  properties: {
    pointer: {
      type: 'string',
      description: 'Where in the body: a JSON pointer (RFC 6901).',
      examples: ['/caption'],
    },
    parameter: {
      type: 'string',
      description: 'Which parameter of the query or header.',
      examples: ['limit'],
    },
    code: { type: 'string', examples: ['too_long'] },
    params: { type: 'object', additionalProperties: true, examples: [{ limit: 2200, actual: 2201 }] },
  },
  required: ['code', 'params'],
};

/** Schemas of the one format of all refusals. */
export const problemSchemas = {
  Problem: {
    type: 'object',
    description: 'A refusal (RFC 9457). Act on `code`; `detail` is English, for developers.',
    properties: {
      type: { type: 'string', format: 'uri-reference', examples: ['/docs/problems#not_found'] },
      title: { type: 'string', examples: ['not found'] },
      status: { type: 'integer', examples: [404] },
      detail: { type: 'string', examples: ['There is nothing here that you may see.'] },
      code: { type: 'string', enum: [...new Set(allCodes)].toSorted() },
      params: { type: 'object', additionalProperties: true },
      requestId: { type: 'string', description: 'Names the request in the logs.' },
      errors: { type: 'array', items: { $ref: '#/components/schemas/FieldFault' } },
    },
    required: ['type', 'title', 'status', 'detail', 'code', 'params', 'requestId'],
  },
  FieldFault: fault,
};

const tokens: ProblemCode[] = ['token_expired', 'token_invalid', 'session_ended'];
const jsonBody: ProblemCode[] = [
  'json_invalid',
  'body_too_large',
  'unsupported_media_type',
  'body_incomplete',
  'expectation_failed',
];
const always: ProblemCode[] = ['request_invalid', 'internal_error', 'unavailable'];

/** Every code that an endpoint may return: those that it declares, and those that its declaration implies. */
export function codesOf(endpoint: EndpointOptions): ProblemCode[] {
  const { access, path, params, query, body, multipart, idempotent, rate } = endpoint;
  const codes: (readonly ProblemCode[])[] = [always, endpoint.problems ?? []];
  if (access === 'required' || access === 'optional') codes.push(tokens);
  if (access === 'required') codes.push(['token_missing']);
  if (access === 'admin') codes.push([...tokens, 'not_found']);
  if (params) codes.push(['not_found']);
  // Under /v1 an undeclared query parameter is also a fault.
  if (path.startsWith('/v1/') || query || body || multipart || idempotent) codes.push(['validation_failed']);
  if (body) codes.push(jsonBody);
  if (idempotent) codes.push(['idempotency_in_progress', 'idempotency_key_reused', 'gone']);
  if (rate !== 'none') codes.push(['rate_limited']);
  return [...new Set(codes.flat())];
}

const retried = new Set([409, 429, 503]);

function headerNames(status: number, codes: readonly string[]): HeaderName[] {
  const names: HeaderName[] = ['X-Request-Id'];
  if (status === 429) names.push('RateLimit', 'RateLimit-Policy');
  if (retried.has(status)) names.push('Retry-After');
  if (status === 401) names.push('WWW-Authenticate');
  if (codes.includes('upload_offset')) names.push('Upload-Offset');
  return names;
}

function answer(status: number, codes: readonly string[]): object {
  const narrowed = { type: 'object', properties: { status: { const: status }, code: { enum: codes } } };
  return {
    description: codes.map((code) => `\`${code}\``).join(', '),
    headers: headersOf(headerNames(status, codes)),
    content: {
      'application/problem+json': {
        schema: { allOf: [{ $ref: '#/components/schemas/Problem' }, narrowed] },
      },
    },
  };
}

/** An endpoint's codes by status. Operations that refuse in the same ways share each response. */
function groups(endpoint: EndpointOptions): { name: string; status: number; codes: string[] }[] {
  const byStatus = new Map<number, string[]>();
  for (const { status, code } of codesOf(endpoint).map(wireOf)) {
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  return [...byStatus]
    .toSorted(([a], [b]) => a - b)
    .map(([status, codes]) => ({ name: [status, ...codes.sort()].join('.'), status, codes }));
}

/** An endpoint's refusals by status, each with exactly its possible codes. */
export function problemAnswers(endpoint: EndpointOptions): Record<string, object> {
  return Object.fromEntries(
    groups(endpoint).map(({ name, status }) => [String(status), { $ref: `#/components/responses/${name}` }]),
  );
}

/** The definitions that `problemAnswers` references. */
export function problemResponses(endpoints: readonly EndpointOptions[]): Record<string, object> {
  const named = endpoints
    .flatMap(groups)
    .map(({ name, status, codes }) => [name, answer(status, codes)] as const);
  return Object.fromEntries(named.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
