import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** One HTTP request written by hand on a socket: bodies that stop half way, clients that keep sending, invalid HTTP. */
export class Wire {
  private received = '';
  private readonly ended: Promise<unknown>;

  private constructor(private readonly socket: Socket) {
    socket.setEncoding('latin1').on('data', (text: string) => (this.received += text));
    socket.on('error', () => undefined);
    this.ended = new Promise((resolve) => socket.once('close', resolve));
  }

  /** Settles at the next of these events, or when the connection is over; never fails. */
  private async next(event: 'data' | 'drain'): Promise<void> {
    await Promise.race([once(this.socket, event).catch(() => undefined), this.ended]);
  }

  static async open(url: string): Promise<Wire> {
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    await once(socket, 'connect');
    return new Wire(socket);
  }

  /** Sends with backpressure as a client does; false once the other side has closed. */
  async send(bytes: string | Buffer): Promise<boolean> {
    if (!this.socket.writable) return false;
    if (!this.socket.write(bytes)) await this.next('drain');
    return this.socket.writable;
  }

  /** Closes the connection abruptly. */
  drop(): void {
    this.socket.destroy();
  }

  /** Everything received by the time the server has closed. */
  async answer(): Promise<string> {
    await this.ended;
    return this.received;
  }

  /** Waits until the received text matches `pattern`. */
  async until(pattern: RegExp): Promise<string> {
    while (!pattern.test(this.received) && !this.socket.closed) await this.next('data');
    return this.received;
  }
}

const BOUNDARY = 'a-boundary';

/** The headers of an upload's request. */
export function uploadHeaders(token: string): Record<string, string> {
  return {
    authorization: `Bearer ${token}`,
    'content-type': `multipart/form-data; boundary=${BOUNDARY}`,
  };
}

/** The head of an upload's request in wire format, with additional headers. */
export function uploadHead(token: string, ...headers: string[]): string {
  const own = Object.entries(uploadHeaders(token)).map(([name, value]) => `${name}: ${value}`);
  const lines = ['POST /v1/photos HTTP/1.1', 'Host: narwhal', ...own, ...headers];
  return `${lines.join('\r\n')}\r\n\r\n`;
}

export const partHead = `--${BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="photo.jpg"\r\n\r\n`;
export const partEnd = `\r\n--${BOUNDARY}--\r\n`;

/** A chunk of `Transfer-Encoding: chunked`. */
export function chunk(bytes: Buffer | string): Buffer {
  const body = Buffer.from(bytes);
  return Buffer.concat([Buffer.from(`${body.length.toString(16)}\r\n`), body, Buffer.from('\r\n')]);
}
