import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { problem, type Config, type Problem } from '@app/platform';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { allowedOrigin } from './cors.js';
import { problemBody, problemHeaders } from './problem-filter.js';

/** How long a refused client may take to read the refusal, in milliseconds. */
const LEFT_OPEN = 2_000;

/** The refusal for an error code of Node's parser. */
function refusalOf(code: string | undefined): Problem {
  if (code === 'HPE_HEADER_OVERFLOW') return problem('headers_too_large');
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return problem('request_timeout');
  return problem('request_invalid', { params: { reason: 'it is not HTTP as it should be' } });
}

/** Refuses requests that are not HTTP, too slow, or too long in their headers: only a socket exists to answer on. */
export function refuseOnSocket(config: Config) {
  return (error: NodeJS.ErrnoException, socket: Socket): void => {
    if (error.code === 'ECONNRESET' || !socket.writable) {
      socket.destroy();
      return;
    }
    const refusal = refusalOf(error.code);
    const requestId = randomUUID();
    const body = problemBody(refusal, requestId);
    const origin = allowedOrigin(config, undefined);
    const headers = {
      ...problemHeaders(refusal),
      'x-request-id': requestId,
      'content-length': String(Buffer.byteLength(body)),
      connection: 'close',
      ...(origin === undefined ? {} : { 'access-control-allow-origin': origin }),
    };
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    const status = `HTTP/1.1 ${refusal.status} ${STATUS_CODES[refusal.status] ?? 'Error'}\r\n`;
    socket.end(`${status}${lines.join('')}\r\n${body}`);
    // A silent client does not close its side. Closing at once would reset the connection of one that still sends, and lose the answer.
    const gone = setTimeout(() => socket.destroy(), LEFT_OPEN).unref();
    socket.once('close', () => clearTimeout(gone));
  };
}

/** Refuses URLs that the router cannot parse, or whose parameter is too long. No hook has run for these. */
export function refuseInRouter(config: Config) {
  return (error: FastifyError, request: FastifyRequest, reply: FastifyReply): void => {
    const refusal =
      error.code === 'FST_ERR_MAX_PARAM_LENGTH'
        ? problem('not_found')
        : problem('request_invalid', { params: { reason: 'its address is malformed' } });
    const origin = allowedOrigin(config, request.headers.origin);
    if (origin !== undefined) void reply.header('access-control-allow-origin', origin);
    void reply
      .status(refusal.status)
      .headers({ ...problemHeaders(refusal), 'x-request-id': request.id })
      .send(problemBody(refusal, request.id));
  };
}
