import { beginTrace, within, type Config, type Span } from '@app/platform';
import proxyAddress from '@fastify/proxy-addr';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { callOf } from './call.js';

type TracedRequest = FastifyRequest & { span?: Span | undefined };

/** Balancers ask every half second, and a stream is open for hours. */
const untraced = /^\/(health|metrics|v1\/stream)/;

/**
 * A span for a sample of the requests. A client's `traceparent` counts only where its `Forwarded` headers would: from our own
 * proxies, which take it from strangers, or whoever likes could have each of his requests recorded.
 */
export function traceRequests(server: FastifyInstance, config: Config): void {
  if (config.OTEL_EXPORTER_OTLP_ENDPOINT === undefined) return;
  const isOurs = proxyAddress.compile([...config.TRUSTED_PROXIES]);
  server.addHook('onRequest', (request: TracedRequest, reply, done) => {
    const { traceparent } = request.headers;
    const believed = typeof traceparent === 'string' && isOurs(request.socket.remoteAddress ?? '', 0);
    if (!untraced.test(request.url)) {
      request.span = beginTrace('request', request.method, believed ? traceparent : null);
      // Also of an answer that its client did not wait for.
      if (request.span) reply.raw.once('close', () => end(request, reply.raw.statusCode));
    }
    done();
  });
  // Only here: what parses a body is called by the socket, outside of any trace.
  server.addHook('preHandler', ({ span }: TracedRequest, _reply, done) => {
    if (span) within(span, done);
    else done();
  });
}

/** The trace of a request that is recorded. */
export const traceOf = (request: FastifyRequest): string | undefined =>
  (request as TracedRequest).span?.traceId;

function end(request: TracedRequest, status: number): void {
  const { span, method, id } = request;
  const { route } = callOf(request);
  span?.set('http.request.method', method);
  span?.set('http.response.status_code', status);
  span?.set('narwhal.request_id', id);
  if (route !== '') {
    span?.set('http.route', route);
    span?.rename(`${method} ${route}`);
  }
  span?.end(status >= 500 ? { code: String(status) } : undefined);
}
