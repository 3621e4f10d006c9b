import type { IncomingMessage, ServerResponse } from 'node:http';
import { problem } from '@app/platform';
import type { FastifyInstance } from 'fastify';
import type { EndpointOptions } from './endpoint.js';
import type { EndpointGuard } from './endpoint.guard.js';

/**
 * `Expect: 100-continue` is answered when somebody begins to read the body. An upload's is read after its token, its length
 * and its owner's quota were found good, so that what is refused for one of these is refused before it was sent.
 */
function continueWhenRead(request: IncomingMessage, response: ServerResponse): void {
  const read = request._read.bind(request);
  request._read = (size) => {
    request._read = read;
    // After a refusal the rest is read only to be thrown away.
    if (!response.headersSent) response.writeContinue();
    read(size);
  };
}

/** What a client expects of us before it sends its body: another expectation than to go on is 417 (RFC 9110, 10.1.1). */
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

/** JSON is read before its endpoint is called: whose token opens nothing is told so before being told to send it. */
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
