import type { FastifyRequest } from 'fastify';

/** The request's path without its query. A list's cursors belong to it. */
export function pathOf(request: FastifyRequest): string {
  const end = request.url.indexOf('?');
  return end === -1 ? request.url : request.url.slice(0, end);
}
