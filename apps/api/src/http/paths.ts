import type { FastifyRequest } from 'fastify';

/** The path as it came, without its query: what a list's cursors belong to. */
export function pathOf(request: FastifyRequest): string {
  const end = request.url.indexOf('?');
  return end === -1 ? request.url : request.url.slice(0, end);
}
