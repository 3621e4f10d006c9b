import type { IncomingMessage, ServerResponse } from 'node:http';
import { problem } from '@app/platform';
import type { FastifyInstance } from 'fastify';
import type { EndpointOptions } from './endpoint.js';
import type { EndpointGuard } from './endpoint.guard.js';

/**
 * Answers `Expect: 100-continue` when the handler starts reading the body. An upload's body is read only after its token,
 * length and owner's quota have been checked, so a client does not send an upload that one of these refuses.
 */
function continueWhenRead(request: IncomingMessage, response: ServerResponse): void {
  const read = request._read.bind(request);
  request._read = (size) => {
    request._read = read;
    // After a refusal the rest is read only to be discarded.
    if (!response.headersSent) response.writeContinue();
    read(size);
  };
}

/** Handles `Expect` before the client sends its body: any expectation other than to continue is 417 (RFC 9110, 10.1.1). */
export function heedExpectations(server: FastifyInstance): void {
  const unmet = new WeakSet<IncomingMessage>();
  server.server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    continueWhenRead(request, response);
    server.server.emit('request', request, response);
  });
  server.server.on('checkExpectation', (request: IncomingMessage, response: ServerResponse) => {
    unmet.add(request);
    server.server.emit('request', request, response);
  });
  server.addHook('onRequest', (request, _reply, done) => {
    if (!unmet.has(request.raw)) done();
    else done(problem('expectation_failed', { params: { received: request.headers.expect } }));
  });
}

/** The server reads JSON before it calls the endpoint, so this checks the token before it asks for the body. */
export function askForTokensFirst(
  server: FastifyInstance,
  endpoints: readonly EndpointOptions[],
  guard: EndpointGuard,
): void {
  const routes = new Map(endpoints.map((endpoint) => [`${endpoint.method} ${endpoint.path}`, endpoint]));
  server.addHook('preParsing', async (request) => {
    if (request.headers.expect === undefined) return;
    const endpoint = routes.get(`${request.method} ${request.routeOptions.url}`);
    if (endpoint) await guard.caller(request, endpoint);
  });
}
