import { Injectable } from '@nestjs/common';
import { isId, problem, type Id } from '@app/platform';
import type { ApiReply, ApiRequest, Caller } from '../http/call.js';
import { LiveStream } from './live-stream.js';
import { takeSocket } from './raw-answer.js';
import { StreamNews } from './stream-news.js';
import { Streams } from './streams.js';

/** How long clients wait before they reconnect after a broken connection, in milliseconds. */
const RETRY = 3_000;

const headers = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'private, no-cache, no-transform',
  // Otherwise NGINX collects events until a buffer is full.
  'x-accel-buffering': 'no',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
};

/** Opens streams: sends the response's head, the missed events, and then new events. */
@Injectable()
export class StreamService {
  constructor(
    private readonly streams: Streams,
    private readonly news: StreamNews,
  ) {}

  async open(request: ApiRequest, reply: ApiReply, caller: Caller): Promise<void> {
    if (this.streams.isEnding) throw problem('unavailable', { headers: { 'retry-after': '1' } });
    const last = request.headers['last-event-id'];
    const socket = takeSocket(request, reply, headers);
    if (!socket) return;
    const stream = new LiveStream(socket, caller.userId, caller.sessionId);
    socket.once('close', () => this.streams.remove(stream));
    socket.write(`retry: ${RETRY}\n\n`);
    await this.streams.add(stream);
    await this.catchUp(stream, last).catch(() => stream.catchUp('reset', '{}'));
    stream.release();
  }

  /** Reads the position after the stream is subscribed, so that no later event is lost. */
  private async catchUp(stream: LiveStream, last: string | string[] | undefined): Promise<void> {
    const newest = await this.news.newestId(stream.person);
    if (last === undefined || last === '') return stream.place(newest);
    const missed = isPosition(last) ? await this.news.missed(stream.person, last) : null;
    if (missed === null) {
      stream.place(newest);
      stream.catchUp('reset', '{}');
      return;
    }
    for (const { row, json } of missed) stream.catchUp('notification', json, row.id);
    // Missed posts and settled photos are not stored; reading the feed again is cheap.
    stream.catchUp('feed', '{}');
  }
}

const isPosition = (last: string | string[]): last is Id =>
  typeof last === 'string' && (last === '0' || isId(last));
