import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { compareIds, type Id } from '@app/platform';
import type { ApiReply, ApiRequest } from '../http/call.js';

/** Unread bytes after which a slow client is disconnected; it resumes where it was. */
const MOST_UNREAD = 256 * 1024;

export type StreamEvent = 'notification' | 'photo' | 'post' | 'feed' | 'reset';

/** One connected client. Events wait until the missed ones have been sent, so that their ids only increase. */
export class LiveStream {
  readonly name = randomBytes(9).toString('base64url');
  private held: [StreamEvent, string, Id | null][] | null = [];
  /** The newest id that the client knows, and reconnects with. */
  private last: Id = '0';

  constructor(
    private readonly socket: Socket,
    readonly person: Id,
    readonly session: Id,
  ) {}

  /** Sends an event; `id` is a notification's position. A client resumes from the newest id that it received. */
  send(event: StreamEvent, data: string, id: Id | null = null): void {
    if (this.held) this.held.push([event, data, id]);
    else this.catchUp(event, data, id);
  }

  /** Sends a missed event, before all events that have arrived meanwhile. Positions are given as events are sent, so that they only grow. */
  catchUp(event: StreamEvent, data: string, id: Id | null = null): void {
    this.write(`${this.position(id)}event: ${event}\ndata: ${data}\n\n`);
  }

  /** Sends the client's position without an event. */
  place(id: Id): void {
    this.last = id;
    this.write(`id: ${id}\n\n`);
  }

  release(): void {
    const { held } = this;
    this.held = null;
    for (const event of held ?? []) this.send(...event);
  }

  /** Sends a comment, so that proxies and clients see that the stream is alive. */
  beat(): void {
    this.write(':\n\n');
  }

  /** Ends the stream; the client reconnects after the given time. */
  end(retryMilliseconds?: number): void {
    this.socket.end(retryMilliseconds === undefined ? '' : `retry: ${retryMilliseconds}\n\n`);
  }

  private position(id: Id | null): string {
    if (id === null || compareIds(id, this.last) <= 0) return '';
    this.last = id;
    return `id: ${id}\n`;
  }

  private write(text: string): void {
    if (!this.socket.writable) return;
    if (this.socket.writableLength > MOST_UNREAD) this.socket.destroy();
    else this.socket.write(text);
  }
}

const headers = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'private, no-cache, no-transform',
  // Otherwise NGINX collects events until a buffer is full.
  'x-accel-buffering': 'no',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
};

/**
 * Answers 200 without an end, directly on the socket, and releases everything else that belongs to the request: a response's
 * copy of its head and of the request is a fifth of an idle stream's cost (9.5 kB of heap, 7.8 without; the rest is the
 * socket and Node's parser). The body ends with the connection, which every proxy understands. Returns null for HEAD, and for
 * a client that has left.
 */
export function takeSocket(request: ApiRequest, reply: ApiReply): Socket | null {
  const response = reply.hijack().raw;
  const { socket } = request.raw;
  const head = headOf(reply);
  if (request.method === 'HEAD') socket.end(head);
  else socket.write(head);
  response.removeAllListeners('finish').removeAllListeners('error');
  request.raw.headers = {};
  request.raw.rawHeaders = [];
  return request.method === 'HEAD' || socket.destroyed ? null : socket;
}

/** Includes the headers that plugins set (CORS, the request's id), since the socket bypasses their hooks. */
function headOf(reply: ApiReply): Buffer {
  const all = Object.entries({ ...reply.getHeaders(), ...headers, connection: 'close' });
  const lines = all.flatMap(([name, value]) =>
    value === undefined ? [] : [value].flat().map((one) => `${name}: ${one}`),
  );
  return Buffer.from(
    [`HTTP/1.1 200 OK`, `date: ${new Date().toUTCString()}`, ...lines, '', ''].join('\r\n'),
    'latin1',
  );
}
