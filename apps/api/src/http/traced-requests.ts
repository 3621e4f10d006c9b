import { beginTrace, within, type Config, type Span } from '@app/platform';
import proxyAddress from '@fastify/proxy-addr';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { callOf } from './call.js';

type TracedRequest = FastifyRequest & { span?: Span | undefined };

/** Balancers check every half second, and a stream stays open for hours. */
const untraced = /^\/(health|metrics|v1\/stream)/;

/**
 * Records a span for a sample of the requests. A client's `traceparent` counts only where its `Forwarded` headers would: from
 * our own proxies, which strip it from strangers' requests. Otherwise anybody could have each of their requests recorded.
 */
export function traceRequests(server: FastifyInstance, config: Config): void {
  if (config.OTEL_EXPORTER_OTLP_ENDPOINT === undefined) return;
  const isOurs = proxyAddress.compile([...config.TRUSTED_PROXIES]);
  server.addHook('onRequest', (request: TracedRequest, reply, done) => {
    const { traceparent } = request.headers;
    const believed = typeof traceparent === 'string' && isOurs(request.socket.remoteAddress ?? '', 0);
    if (!untraced.test(request.url)) {
      request.span = beginTrace('request', request.method, believed ? traceparent : null);
      // Also fires for a response whose client has left.
      if (request.span) reply.raw.once('close', () => end(request, reply.raw.statusCode));
    }
    done();
  });
  // Only here: the socket calls the body parsers, outside of any trace.
  server.addHook('preHandler', ({ span }: TracedRequest, _reply, done) => {
    if (span) within(span, done);
    else done();
  });
}

/** The trace id of a recorded request. */
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
