import { histogram, type HistogramSeries, type Logger } from '@app/platform';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { callOf } from './call.js';
import { pathOf } from './paths.js';
import { traceOf } from './traced-requests.js';

/** One line and one observation per request. Paths omit the query, since media signatures are secrets. Routes are the declared ones. */
export function logRequests(
  server: FastifyInstance,
  logger: Logger,
  isToldElsewhere: (request: FastifyRequest) => boolean,
): void {
  // These lines contain no secrets, and redaction would cost more than writing them.
  const lines = logger.child({}, { redact: [] });
  server.addHook('onRequest', (request, reply, done) => {
    void reply.header('x-request-id', request.id);
    done();
  });
  server.addHook('onResponse', (request, reply, done) => {
    const { route, caller } = callOf(request);
    const took = reply.elapsedTime;
    seriesOf(route || 'none', methodOf(request), reply.statusCode).observe(took / 1000);
    if (!route.startsWith('/health') && !isToldElsewhere(request))
      lines.info(line(request, reply, { route, userId: caller?.userId, took }), 'request');
    done();
  });
}

const series = new Map<string, HistogramSeries>();

/** The metric with its labels bound; looking it up is faster than binding it again. */
function seriesOf(route: string, method: string, status: number): HistogramSeries {
  const name = `${status} ${method} ${route}`;
  const known = series.get(name);
  if (known) return known;
  const made = histogram('narwhal_http_request_seconds').labels({ route, method, status });
  series.set(name, made);
  return made;
}

const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** Methods are free text too: an unknown one does not become a label. */
function methodOf({ method }: FastifyRequest): string {
  return methods.has(method) ? method : 'other';
}

interface Learned {
  /** '' when no route was found. */
  route: string;
  userId: string | undefined;
  /** In milliseconds. */
  took: number;
}

function line(request: FastifyRequest, reply: FastifyReply, { route, userId, took }: Learned) {
  return {
    requestId: request.id,
    method: request.method,
    path: pathOf(request).slice(0, 300),
    route: route === '' ? undefined : route,
    status: reply.statusCode,
    milliseconds: Math.round(took * 10) / 10,
    userId,
    ip: request.ip,
    traceId: traceOf(request),
  };
}
