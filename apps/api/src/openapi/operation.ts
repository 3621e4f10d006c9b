import type { z } from 'zod';
import type { ZodOpenApiOperationObject } from 'zod-openapi';
import type { EndpointOptions } from '../http/endpoint.js';
import type { Operation } from '../http/operations.js';
import { alwaysSent, headerParametersOf, headersOf, type HeaderName } from './headers.js';
import { problemAnswers } from './problem-answers.js';

const meanings: Record<number, string> = {
  200: 'Done.',
  201: 'Made.',
  202: 'Accepted; the rest happens later.',
  204: 'Done; there is nothing to say.',
  206: 'The range that was asked for.',
  304: 'As it was.',
  503: 'Not at present.',
};

const pictures = ['image/webp', 'image/jpeg'];

/** The schema distinguishes bodies that are not JSON: image bytes, and Prometheus' lines. */
function mediaTypesOf(schema: z.ZodType): string[] {
  if (schema.meta()?.['format'] === 'binary') return pictures;
  const declared = schema.meta()?.['contentMediaType'];
  if (typeof declared === 'string') return [declared];
  return schema.type === 'string' ? ['text/plain'] : ['application/json'];
}

function successHeaders({ endpoint }: Operation, status: number): HeaderName[] {
  const names = alwaysSent(endpoint);
  if (endpoint.headers?.includes('ETag')) names.push('ETag');
  if (endpoint.headers?.includes('Location') && status !== 204) names.push('Location');
  if (endpoint.headers?.includes('Tus'))
    names.push('Upload-Offset', 'Upload-Expires', 'Narwhal-Photo-Id', 'Tus-Resumable');
  if (endpoint.query && 'cursor' in endpoint.query.shape) names.push('Link');
  if (endpoint.waits) names.push('Preference-Applied');
  if (endpoint.waits && endpoint.method === 'GET') names.push('Retry-After');
  return names;
}

function successes(operation: Operation): Record<string, object> {
  const { answers, headers } = operation.endpoint;
  const all: typeof answers = headers?.includes('ETag') ? { ...answers, 304: null } : answers;
  return Object.fromEntries(
    Object.entries(all).map(([status, schema]) => {
      const content = schema && Object.fromEntries(mediaTypesOf(schema).map((type) => [type, { schema }]));
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

function requestBody({ body, multipart }: EndpointOptions) {
  if (body) return { required: true, content: { 'application/json': { schema: body } } };
  if (multipart) return { required: true, content: { 'multipart/form-data': { schema: multipart } } };
  return undefined;
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
    security: security(endpoint),
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(params || query
      ? { requestParams: { ...(params ? { path: params } : {}), ...(query ? { query } : {}) } }
      : {}),
    ...(body ? { requestBody: body } : {}),
    // A 503 that an endpoint declares itself (readiness) wins; it is not a refusal.
    responses: {
      ...problemAnswers(endpoint),
      ...successes(operation),
    } as ZodOpenApiOperationObject['responses'],
  };
}
