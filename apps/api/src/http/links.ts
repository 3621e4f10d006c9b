import type { Config } from '@app/platform';
import type { FastifyInstance } from 'fastify';

/** The end of every page, whether a service or Fastify serialised it. */
const ending = /"nextCursor":(?:null|"([\w-]+)"),"prevCursor":(?:null|"([\w-]+)")\}$/;
/** Longer than two cursors and their names. */
const TAIL = 200;

function target(base: string, address: string, name: 'cursor' | 'newer', cursor: string): string {
  if (!address.includes('?')) return `${base}${address}?${name}=${cursor}`;
  const url = new URL(address, base);
  url.searchParams.delete('cursor');
  url.searchParams.delete('newer');
  url.searchParams.set(name, cursor);
  return `${base}${url.pathname}${url.search}`;
}

function tailOf(payload: unknown): string {
  if (typeof payload === 'string') return payload.slice(-TAIL);
  return Buffer.isBuffer(payload) ? payload.toString('latin1', Math.max(0, payload.length - TAIL)) : '';
}

/**
 * The `Link` header (RFC 8288) of every list. Reads the cursors from the end of the body, which all lists share: some lists
 * are objects here, the hot ones are text or bytes that were never an object.
 */
export function linkPages(server: FastifyInstance, { publicUrl }: Config): void {
  server.addHook('onSend', (request, reply, payload, done) => {
    const [, next, prev] = ending.exec(tailOf(payload)) ?? [];
    const links = [
      ...(next ? [`<${target(publicUrl, request.url, 'cursor', next)}>; rel="next"`] : []),
      ...(prev ? [`<${target(publicUrl, request.url, 'newer', prev)}>; rel="prev"`] : []),
    ];
    if (links.length > 0) void reply.header('link', links.join(', '));
    done();
  });
}
