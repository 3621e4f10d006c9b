import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { setTimeout as timer } from 'node:timers';
import type { FastifyInstance } from 'fastify';
import { bytesPassed } from './passing-bytes.js';

/**
 * How much is read on of a body that was refused. Most clients send all of it before they look at the answer: closing
 * under their hands gives them a broken pipe instead of the 413. So as much as the largest photo and a bit over, but
 * not for longer than anybody waits (milliseconds), nor from someone who has stopped sending.
 */
const most = { bytes: 64 * 1024 * 1024, silence: 3_000, time: 20_000 };

export function hasBody(headers: IncomingHttpHeaders): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

const isUnread = ({ complete, headers }: IncomingMessage): boolean => hasBody(headers) && !complete;

/** Reads a body and throws it away; settles at its end or when it was enough. */
function discarded(body: IncomingMessage): Promise<void> {
  return new Promise((resolve) => {
    let bytes = 0;
    const silence = timer(() => enough(), most.silence);
    const time = timer(() => enough(), most.time);
    const onData = (chunk: Buffer) => {
      bytes += chunk.length;
      bytesPassed(chunk.length);
      if (bytes > most.bytes) enough();
      else silence.refresh();
    };
    const enough = () => {
      clearTimeout(silence);
      clearTimeout(time);
      body.off('data', onData).off('end', enough).off('close', enough).off('error', enough);
      resolve();
    };
    // Whoever began to read it has stopped, and may hold it still.
    body.unpipe();
    body.on('data', onData).on('end', enough).on('close', enough).on('error', enough);
    body.resume();
  });
}

async function* answerBefore(payload: string, body: IncomingMessage): AsyncGenerator<Buffer> {
  yield Buffer.from(payload);
  await discarded(body);
}

/**
 * Answers at once also when the request's body has not arrived in full: the whole answer goes out, with its length, and
 * the connection is closed only after the rest has been read and thrown away.
 */
export function readOnAfterAnswers(server: FastifyInstance): void {
  server.addHook('onSend', (request, reply, payload, done) => {
    if (typeof payload !== 'string' || !isUnread(request.raw)) {
      done();
      return;
    }
    void reply.header('connection', 'close').header('content-length', Buffer.byteLength(payload));
    done(null, Readable.from(answerBefore(payload, request.raw), { objectMode: false }));
  });
}
