import { randomUUID } from 'node:crypto';
import cors from '@fastify/cors';
import multipart from '@fastify/multipart';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { limits, type Config } from '@app/platform';
import type { FastifyInstance } from 'fastify';
import { compressJson } from './compression.js';
import { allowedHeaders, exposedHeaders } from './cors.js';
import { heedExpectations } from './expectations.js';
import { readJsonBodies } from './json-bodies.js';
import { linkPages } from './links.js';
import { boundBodies, boundsOf } from './slow-bodies.js';
import { readOnAfterAnswers } from './unread-bodies.js';
import { refuseInRouter, refuseOnSocket } from './unreadable.js';

const requestId = /^[A-Za-z0-9_.:-]{8,100}$/;

/** A slow phone may take an hour for a photo, but headers must arrive at once. All in milliseconds. */
const timeouts = { request: 3_600_000, headers: 20_000, keepAlive: 75_000 };

/** Configures Fastify. `keepAlive` is longer than NGINX keeps its upstream connections, so that the api never closes one first. */
export function createAdapter(config: Config): FastifyAdapter {
  return new FastifyAdapter({
    trustProxy: config.TRUSTED_PROXIES.length > 0 ? config.TRUSTED_PROXIES : false,
    bodyLimit: limits.json.bytes,
    requestTimeout: timeouts.request,
    keepAliveTimeout: timeouts.keepAlive,
    // Serves requests without Host: nothing here uses that header.
    http: { headersTimeout: timeouts.headers, requireHostHeader: false },
    frameworkErrors: refuseInRouter(config),
    clientErrorHandler: refuseOnSocket(config),
    genReqId: (request: { headers: Record<string, string | string[] | undefined> }) => {
      const given = request.headers['x-request-id'];
      return typeof given === 'string' && requestId.test(given) ? given : randomUUID();
    },
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 200 },
    return503OnClosing: false,
  });
}

/** Registers plugins and parsers. */
export async function prepareServer(app: NestFastifyApplication, config: Config): Promise<void> {
  const server: FastifyInstance = app.getHttpAdapter().getInstance();
  server.removeAllContentTypeParsers();
  readJsonBodies(server);
  // The endpoint decides whether another body type matters: most endpoints take no body.
  server.addContentTypeParser('*', (_request, _payload, done) => done(null));
  await server.register(multipart, { throwFileSizeLimit: true });
  await server.register(cors, {
    origin: config.CORS_ORIGINS.length > 0 ? config.CORS_ORIGINS : '*',
    methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'],
    allowedHeaders,
    exposedHeaders,
    // An OPTIONS request that is not a preflight gets a preflight's answer, not a refusal.
    strictPreflight: false,
    maxAge: 86_400,
  });
  boundBodies(server, boundsOf(config));
  heedExpectations(server);
  linkPages(server, config);
  server.addHook('onSend', (_request, reply, _payload, done) => {
    void reply.header('x-content-type-options', 'nosniff').header('referrer-policy', 'no-referrer');
    // Pages say what they may load; nothing else is a page.
    if (!reply.hasHeader('content-security-policy'))
      void reply.header('content-security-policy', "default-src 'none'; frame-ancestors 'none'");
    done();
  });
  // Turns some responses into streams, which no later hook changes.
  readOnAfterAnswers(server);
  compressJson(server);
}
