import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { declareRoute } from '../http/allowed-methods.js';
import { callOf } from '../http/call.js';
import { takesGzip } from '../http/compression.js';
import { openApiText, threeZeroText } from '../openapi/document.js';
import { endpointsPage, startScript } from './endpoints-page.js';
import { style } from './look.js';
import { problemsPage } from './problems-page.js';

const swagger = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
const fromSwagger = (name: string) => (): Buffer => readFileSync(join(swagger, name));

/** Nothing inline and nothing from other origins. Swagger UI's sheet draws its arrows with `data:` images. */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "form-action 'none'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

interface Document {
  type: string;
  make: () => string | Buffer;
}

const html = 'text/html; charset=utf-8';
const script = 'text/javascript; charset=utf-8';
const sheet = 'text/css; charset=utf-8';

const documents: Record<string, Document> = {
  '/openapi.json': { type: 'application/json; charset=utf-8', make: openApiText },
  '/openapi-3.0.json': { type: 'application/json; charset=utf-8', make: threeZeroText },
  '/docs': { type: html, make: () => endpointsPage },
  '/docs/problems': { type: html, make: problemsPage },
  '/docs/style.css': { type: sheet, make: () => style },
  '/docs/start.js': { type: script, make: () => startScript },
  '/docs/swagger-ui.css': { type: sheet, make: fromSwagger('swagger-ui.css') },
  '/docs/swagger-ui-bundle.js': { type: script, make: fromSwagger('swagger-ui-bundle.js') },
  '/docs/favicon-32x32.png': { type: 'image/png', make: fromSwagger('favicon-32x32.png') },
};

interface Made {
  plain: Buffer;
  zipped: Buffer;
  tag: string;
}

function made({ make }: Document): Made {
  const plain = Buffer.from(make());
  const tag = createHash('sha256').update(plain).digest('base64url').slice(0, 22);
  return { plain, zipped: gzipSync(plain), tag: `"${tag}"` };
}

/** Rendered at the first request, then cached: an instance whose docs nobody reads pays nothing. */
function sender(path: string, document: Document) {
  let kept: Made | undefined;
  return (request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    callOf(request).route = path;
    kept ??= made(document);
    const { plain, zipped, tag } = kept;
    void reply
      .header('content-security-policy', policy)
      .header('cache-control', 'public, no-cache')
      .header('vary', 'Accept-Encoding')
      .header('etag', `W/${tag}`);
    if (request.headers['if-none-match']?.includes(tag)) return reply.status(304).send();
    void reply.type(document.type);
    if (!takesGzip(request.headers['accept-encoding'])) return reply.send(plain);
    return reply.header('content-encoding', 'gzip').send(zipped);
  };
}

/** Serves the contract: as files at `/openapi.json` and `/openapi-3.0.json`, and for people at `/docs` and `/docs/problems`. */
export function serveDocs(server: FastifyInstance): void {
  for (const [path, document] of Object.entries(documents)) {
    declareRoute('GET', path);
    server.get(path, sender(path, document));
  }
}
