import { limits } from '@app/platform';
import type { ZodOpenApiOperationObject } from 'zod-openapi';
import type { EndpointOptions } from '../http/endpoint.js';
import type { Operation } from '../http/operations.js';
import { maySendStale } from '../http/replica-reads.js';
import { alwaysSent, headerParametersOf, headersOf, type HeaderName } from './headers.js';
import { codesByStatus, problemAnswers } from './problem-answers.js';

const meanings: Record<number, string> = {
  200: 'Done.',
  201: 'Made.',
  202: 'Accepted; the rest happens later.',
  204: 'Done; there is nothing to say.',
  206: 'The range that was asked for.',
  304: 'As it was.',
  503: 'Not at present.',
};

/** Only the answer to HEAD, 200, repeats what the upload was begun with. */
function tusHeaders(status: number): HeaderName[] {
  const always: HeaderName[] = ['Upload-Offset', 'Upload-Expires', 'Narwhal-Photo-Id', 'Tus-Resumable'];
  return status === 200 ? [...always, 'Upload-Length', 'Upload-Metadata'] : always;
}

function successHeaders({ endpoint }: Operation, status: number): HeaderName[] {
  const names = alwaysSent(endpoint);
  if (maySendStale(endpoint)) names.push('Narwhal-Stale');
  if (endpoint.headers?.includes('ETag')) names.push('ETag');
  if (endpoint.headers?.includes('Location') && status !== 204) names.push('Location');
  if (endpoint.headers?.includes('Tus')) names.push(...tusHeaders(status));
  if (status === 206) names.push('Content-Range');
  if (endpoint.query && 'cursor' in endpoint.query.shape) names.push('Link');
  if (endpoint.waits) names.push('Preference-Applied');
  if (endpoint.waits && endpoint.method === 'GET') names.push('Retry-After');
  return names;
}

function successes(operation: Operation): Record<string, object> {
  const { answers, headers, mediaTypes = ['application/json'] } = operation.endpoint;
  const all: typeof answers = headers?.includes('ETag') ? { ...answers, 304: null } : answers;
  return Object.fromEntries(
    Object.entries(all).map(([status, schema]) => {
      const content = schema && Object.fromEntries(mediaTypes.map((type) => [type, { schema }]));
      return [
        status,
        {
          description: meanings[Number(status)] ?? 'Done.',
          headers: headersOf(successHeaders(operation, Number(status))),
          ...(content ? { content } : {}),
        },
      ];
    }),
  );
}

function security({ access }: EndpointOptions): Record<string, string[]>[] {
  if (access === 'none') return [];
  return access === 'optional' ? [{}, { bearer: [] }] : [{ bearer: [] }];
}

const anyBytes = { type: 'string', format: 'binary', description: 'The bytes.' } as const;

function requestBody({ body, multipart, bytes }: EndpointOptions) {
  if (bytes) return { required: false, content: { [bytes]: { schema: anyBytes } } };
  if (body) return { required: true, content: { 'application/json': { schema: body } } };
  if (multipart) return { required: true, content: { 'multipart/form-data': { schema: multipart } } };
  return undefined;
}

const accesses: Record<EndpointOptions['access'], string> = {
  none: 'No token is needed, and none is read.',
  optional: 'A token is read when there is one.',
  required: 'Needs an access token.',
  admin: 'For people with the role `admin`; for everybody else it is not there.',
};

/** The declaration's description of the whole operation, in sentences. */
function descriptionOf({
  summary,
  details,
  access,
  rate = 'read',
  idempotent,
  proven,
}: EndpointOptions): string {
  const limit = rate === 'none' ? undefined : limits.rates[rate];
  const sentences = [
    `${summary}.`,
    details,
    accesses[access],
    proven && 'Needs a fresh proof (`Narwhal-Proof`).',
    limit && `Counts against \`${rate}\`: ${limit.requests} requests in ${limit.seconds} s.`,
    idempotent && 'Repeatable under an `Idempotency-Key`.',
  ];
  return sentences.filter(Boolean).join(' ');
}

/** Describes one endpoint in OpenAPI. */
export function describeOperation(operation: Operation): ZodOpenApiOperationObject {
  const { operationId, endpoint } = operation;
  const { params, query, tag, summary } = endpoint;
  const parameters = headerParametersOf(endpoint);
  const body = requestBody(endpoint);
  return {
    operationId,
    tags: [tag],
    summary,
    description: descriptionOf(endpoint),
    security: security(endpoint),
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(params || query
      ? { requestParams: { ...(params ? { path: params } : {}), ...(query ? { query } : {}) } }
      : {}),
    ...(body ? { requestBody: body } : {}),
    'x-problems': codesByStatus(endpoint),
    // A 503 that an endpoint declares itself (readiness) wins; it is not a refusal.
    responses: {
      ...problemAnswers(endpoint),
      ...successes(operation),
    } as ZodOpenApiOperationObject['responses'],
  };
}
