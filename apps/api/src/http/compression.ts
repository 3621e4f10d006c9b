import { gzip } from 'node:zlib';
import type { DoneFuncWithErrOrRes, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

/** Below this many bytes one packet holds the answer anyway. NGINX has the same limit. */
const LEAST = 1_024;
/**
 * The most answers in compression at once; others go as they are. libuv's four threads also read photos and hash passwords:
 * sixteen feed pages occupy them for a few milliseconds.
 */
const MOST = 16;
/** gzip at its quickest: docs/measurements/answers.md has what a level costs and saves. */
const options = { level: 1 };

const json = /^application\/(problem\+)?json/;

/** Whether the client takes gzip, by RFC 9110: its own weight counts before that of `*`. */
export function takesGzip(header: string | undefined): boolean {
  if (!header) return false;
  const weights = new Map(
    header
      .toLowerCase()
      .split(',')
      .map((part) => {
        const [coding = '', weight = ''] = part.split(';');
        return [coding.trim(), !/^\s*q\s*=\s*0(\.0*)?\s*$/.test(weight)];
      }),
  );
  return weights.get('gzip') ?? weights.get('*') ?? false;
}

/** Caches must know that there are two forms, whichever they were given. */
function varyByEncoding(reply: FastifyReply): void {
  const vary = reply.getHeader('vary');
  if (vary === undefined) void reply.header('vary', 'Accept-Encoding');
  else if (typeof vary === 'string' && !vary.includes('Accept-Encoding'))
    void reply.header('vary', `${vary}, Accept-Encoding`);
}

const isLongText = (payload: unknown): payload is string | Buffer =>
  (typeof payload === 'string' || Buffer.isBuffer(payload)) && payload.length >= LEAST;

/** Answers to POST hold new secrets (tokens, an upload's address) beside what was sent: their length must not tell (BREACH). */
const mayShrink = (request: FastifyRequest, reply: FastifyReply): boolean =>
  request.method !== 'POST' &&
  !reply.hasHeader('content-encoding') &&
  takesGzip(request.headers['accept-encoding']);

/**
 * Compresses JSON for clients that come without a proxy which does so. Our NGINX takes `Accept-Encoding` away from what it
 * forwards, and others leave alone what has a `Content-Encoding`, so nothing is compressed twice. ETags are weak: they stand
 * for both forms. Call it after the hooks that read or complete the body.
 */
export function compressJson(server: FastifyInstance): void {
  let running = 0;
  const shrink = (reply: FastifyReply, text: string | Buffer, done: DoneFuncWithErrOrRes): void => {
    running += 1;
    gzip(text, options, (error, zipped) => {
      running -= 1;
      if (error) {
        done(error);
        return;
      }
      void reply.header('content-encoding', 'gzip').removeHeader('content-length');
      done(null, zipped);
    });
  };
  server.addHook('onSend', (request, reply, payload, done) => {
    const type = reply.getHeader('content-type');
    const isJson = typeof type === 'string' && json.test(type);
    if (isJson) varyByEncoding(reply);
    if (isJson && running < MOST && isLongText(payload) && mayShrink(request, reply))
      shrink(reply, payload, done);
    else done();
  });
}
