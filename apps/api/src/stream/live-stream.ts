import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { compareIds, type Id } from '@app/platform';

/** Unread bytes after which a slow client is disconnected; it resumes where it was. */
const MOST_UNREAD = 256 * 1024;

export type StreamEvent = 'notification' | 'photo' | 'post' | 'feed' | 'reset';

/** One connected client. Events wait until the missed ones have been sent, so that their ids only increase. */
export class LiveStream {
  readonly name = randomBytes(9).toString('base64url');
  private held: string[] | null = [];
  /** The newest id that the client knows, and reconnects with. */
  private last: Id = '0';

  constructor(
    private readonly socket: Socket,
    readonly person: Id,
    readonly session: Id,
  ) {}

  /** Sends an event; `id` is a notification's position. A client resumes from the newest id that it received. */
  send(event: StreamEvent, data: string, id: Id | null = null): void {
    const text = `${this.position(id)}event: ${event}\ndata: ${data}\n\n`;
    if (this.held) this.held.push(text);
    else this.write(text);
  }

  /** Sends a missed event, before all events that have arrived meanwhile. */
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
    if (held && held.length > 0) this.write(held.join(''));
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
