import { problem } from '@app/platform';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { hasBody } from './unread-bodies.js';

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** @throws Problem 415 for a body that declares another character set */
function assertUtf8(received: string): void {
  const charset = /;\s*charset\s*=\s*"?([^\s";]*)/i.exec(received)?.[1];
  if (charset === undefined || /^utf-?8$/i.test(charset)) return;
  const expected = 'application/json; charset=utf-8';
  throw problem('unsupported_media_type', { params: { expected, received } });
}

/** JSON as the contract defines it: an empty body counts as none, a malformed one is 400. */
function valueOf(bytes: Buffer, { headers }: FastifyRequest): unknown {
  if (bytes.length === 0) return undefined;
  assertUtf8(headers['content-type'] ?? '');
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch (cause) {
    throw problem('request_invalid', { params: { reason: 'its body is not UTF-8' }, cause });
  }
  if (text.trim() === '') return undefined;
  try {
    return JSON.parse(text, (key, value: unknown) => (key === '__proto__' ? undefined : value));
  } catch (cause) {
    throw problem('json_invalid', { cause });
  }
}

/** Parses JSON bodies, and refuses compressed ones: their uncompressed size is unknown. */
export function readJsonBodies(server: FastifyInstance): void {
  server.addContentTypeParser<Buffer>('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    try {
      done(null, valueOf(body, request));
    } catch (error) {
      done(error as Error);
    }
  });
  server.addHook('preParsing', (request, _reply, _payload, done) => {
    const coding = request.headers['content-encoding'] ?? 'identity';
    if (request.is404 || !hasBody(request.headers) || /^identity$/i.test(coding)) done();
    else
      done(
        problem('unsupported_media_type', {
          params: { expected: 'a body without Content-Encoding', received: coding },
          headers: { 'accept-encoding': 'identity' },
        }),
      );
  });
}
