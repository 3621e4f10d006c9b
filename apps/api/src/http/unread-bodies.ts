import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { setTimeout as timer } from 'node:timers';
import type { FastifyInstance } from 'fastify';
import { bytesPassed } from './fast-path/passing-bytes.js';

/**
 * How much of a refused body is still read. Most clients send all of it before they read the response, and closing early
 * gives them a broken pipe instead of the 413. So the limit is the largest photo and a bit over, but bounded in time
 * (milliseconds), and in silence from a client that has stopped sending.
 */
const most = { bytes: 64 * 1024 * 1024, silence: 3_000, time: 20_000 };

export function hasBody(headers: IncomingHttpHeaders): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

const isUnread = ({ complete, headers }: IncomingMessage): boolean => hasBody(headers) && !complete;

/** Reads and discards a body; calls `after` at its end or at the limit. */
function discard(body: IncomingMessage, after: () => void): void {
  let bytes = 0;
  const silence = timer(() => enough(), most.silence);
  const time = timer(() => enough(), most.time);
  const onData = (chunk: Buffer) => {
    bytes += chunk.length;
    bytesPassed(chunk.length);
    // Closing now would lose the response for a client that still sends: it reads it while nobody reads what it sends.
    if (bytes > most.bytes) body.pause();
    else silence.refresh();
  };
  const enough = () => {
    clearTimeout(silence);
    clearTimeout(time);
    body.off('data', onData).off('end', enough).off('close', enough).off('error', enough);
    after();
  };
  // The previous reader has stopped, but may still be attached.
  body.unpipe();
  body.on('data', onData).on('end', enough).on('close', enough).on('error', enough);
  body.resume();
}

async function* answerBefore(payload: string, body: IncomingMessage): AsyncGenerator<Buffer> {
  yield Buffer.from(payload);
  await new Promise<void>((resolve) => discard(body, resolve));
}

/**
 * Answers at once even when the request's body has not fully arrived. Sends the whole response with its length, and closes
 * the connection only after reading and discarding the rest; an answer without a body comes after that.
 */
export function readOnAfterAnswers(server: FastifyInstance): void {
  server.addHook('onSend', (request, reply, payload, done) => {
    const isEmpty = payload === undefined || payload === null || payload === '';
    if ((typeof payload !== 'string' && !isEmpty) || !isUnread(request.raw)) {
      done();
      return;
    }
    if (isEmpty) {
      // Nothing can be sent before its end: a client that still sends on a connection of one request would lose the answer.
      discard(request.raw, done);
      return;
    }
    void reply.header('connection', 'close').header('content-length', Buffer.byteLength(payload));
    done(null, Readable.from(answerBefore(payload, request.raw), { objectMode: false }));
  });
}
