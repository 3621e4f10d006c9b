import type { IncomingHttpHeaders } from 'node:http';
import { Catch, HttpException, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { isAway, limits, problem, Problem, type Logger } from '@app/platform';
import type { ErrorReports } from '@app/watch';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { allowedMethods } from './allowed-methods.js';
import { callOf } from './call.js';
import { storeProblem } from './store-problems.js';

interface Coded {
  code?: unknown;
  statusCode?: unknown;
}

/** Cancelled, lock timeout, deadlock: the same request may well succeed. */
const repeatable = /^(57014|55P03|40[\dP]\d\d)$/;

function fromFastify(code: string, headers: IncomingHttpHeaders): Problem | null {
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') {
    const actual = Number(headers['content-length'] ?? 0);
    return problem('body_too_large', { params: { limit: limits.json.bytes, ...(actual > 0 && { actual }) } });
  }
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') {
    const received = headers['content-type'] ?? 'nothing';
    return problem('unsupported_media_type', { params: { expected: 'application/json', received } });
  }
  if (code === 'FST_ERR_CTP_INVALID_JSON_BODY' || code === 'FST_ERR_CTP_EMPTY_JSON_BODY')
    return problem('json_invalid');
  if (code === 'FST_ERR_CTP_INVALID_CONTENT_LENGTH') return problem('body_incomplete');
  return null;
}

/** Nest wraps errors of Fastify's parsers in its own exception, without the code. */
function causeOf(error: unknown): Coded {
  const inner = error instanceof HttpException ? (error.cause ?? error) : error;
  return inner ?? {};
}

/** Converts any failure to the refusal that a client gets. An unforeseen one becomes `internal_error`, with its cause only in the log. */
export function toProblem(error: unknown, headers: IncomingHttpHeaders = {}): Problem {
  if (error instanceof Problem) return error;
  const cause = causeOf(error);
  const { code, statusCode } = cause;
  if (typeof code === 'string') {
    const known = fromFastify(code, headers);
    if (known) return known;
  }
  if (isAway(cause) || repeatable.test(String(code)))
    return problem('unavailable', { cause: error, headers: { 'retry-after': '2' } });
  const ofStore = storeProblem(error);
  if (ofStore) return ofStore;
  const status = error instanceof HttpException ? error.getStatus() : statusCode;
  if (status === 404) return problem('not_found');
  if (status === 400)
    return problem('request_invalid', { params: { reason: 'its address or its headers are malformed' } });
  return problem('internal_error', { cause: error });
}

/** The RFC 9457 body of a refusal. */
export function problemBody(refusal: Problem, requestId: string): string {
  return JSON.stringify({
    type: `/docs/problems#${refusal.code}`,
    title: refusal.code.replaceAll('_', ' '),
    status: refusal.status,
    detail: refusal.detail,
    code: refusal.code,
    params: refusal.params,
    requestId,
    ...(refusal.errors ? { errors: refusal.errors } : {}),
  });
}

/** RFC 9110 requires a challenge on every 401; RFC 6750 defines it for an invalid token. */
function challengeOf({ status, code }: Problem): Record<string, string> {
  if (status !== 401) return {};
  const plain = code === 'token_missing' || code === 'bad_credentials';
  return { 'www-authenticate': plain ? 'Bearer' : 'Bearer error="invalid_token"' };
}

/** The headers of every refusal. */
export function problemHeaders(refusal: Problem): Record<string, string> {
  return {
    'cache-control': 'no-store',
    'content-type': 'application/problem+json; charset=utf-8',
    ...challengeOf(refusal),
    ...refusal.headers,
  };
}

/** Sends every refusal and failure of the api in one format. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(
    private readonly logger: Logger,
    private readonly errors: ErrorReports,
  ) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    this.refuse(error, http.getRequest<FastifyRequest>(), http.getResponse<FastifyReply>());
  }

  refuse(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
    let refusal = toProblem(error, request.headers);
    if (refusal.status === 404 && callOf(request).route === '') {
      const allow = allowedMethods(request.url.split('?')[0] ?? '');
      if (allow.length > 0) {
        refusal = problem('method_not_allowed', {
          params: { allow: allow.join(', ') },
          headers: { allow: allow.join(', ') },
        });
      } else if (request.url.startsWith('/media/')) refusal = problem('url_invalid');
    }
    if (refusal.status >= 500) this.log(refusal, request);
    if (reply.sent || reply.raw.headersSent) {
      reply.raw.destroy();
      return;
    }
    void reply.status(refusal.status).headers(problemHeaders(refusal)).send(problemBody(refusal, request.id));
  }

  private log(refusal: Problem, request: FastifyRequest): void {
    const cause = refusal.cause;
    const fields = {
      requestId: request.id,
      code: refusal.code,
      error: cause instanceof Error ? cause : String(cause),
    };
    if (refusal.code === 'internal_error') {
      this.logger.error(fields, 'a request failed unforeseen');
      const { route, caller } = callOf(request);
      this.errors.report(cause, {
        requestId: request.id,
        userId: caller?.userId,
        route,
        method: request.method,
      });
    } else this.logger.warn(fields, 'a request could not be served');
  }
}
