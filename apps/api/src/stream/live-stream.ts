import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { compareIds, type Id } from '@app/platform';

/** What a client may leave unread before it is let go; it resumes where it was. In bytes. */
const MOST_UNREAD = 256 * 1024;

export type StreamEvent = 'notification' | 'photo' | 'post' | 'feed' | 'reset';

/** One connected client. Events wait until what it missed was sent, so that their ids only grow. */
export class LiveStream {
  readonly name = randomBytes(9).toString('base64url');
  private held: string[] | null = [];
  /** The newest id that the client knows: what it comes back with. */
  private last: Id = '0';

  constructor(
    private readonly socket: Socket,
    readonly person: Id,
    readonly session: Id,
  ) {}

  /** An event; `id` is a notification's position. A client that asks to resume does so from the newest one it was sent. */
  send(event: StreamEvent, data: string, id: Id | null = null): void {
    const text = `${this.position(id)}event: ${event}\ndata: ${data}\n\n`;
    if (this.held) this.held.push(text);
    else this.write(text);
  }

  /** What the client missed, before everything that came meanwhile. */
  catchUp(event: StreamEvent, data: string, id: Id | null = null): void {
    this.write(`${this.position(id)}event: ${event}\ndata: ${data}\n\n`);
  }

  /** Where the client stands, without an event. */
  place(id: Id): void {
    this.last = id;
    this.write(`id: ${id}\n\n`);
  }

  release(): void {
    const { held } = this;
    this.held = null;
    if (held && held.length > 0) this.write(held.join(''));
  }

  /** A comment, so that proxies and clients see that the stream lives. */
  beat(): void {
    this.write(':\n\n');
  }

  /** Ends it, and says when to come back. */
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
