import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** One HTTP request written by hand on a socket: bodies that stop half way, clients that go on sending, things that are no HTTP. */
export class Wire {
  private received = '';
  private readonly ended: Promise<unknown>;

  private constructor(private readonly socket: Socket) {
    socket.setEncoding('latin1').on('data', (text: string) => (this.received += text));
    socket.on('error', () => undefined);
    this.ended = once(socket, 'close');
  }

  static async open(url: string): Promise<Wire> {
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    await once(socket, 'connect');
    return new Wire(socket);
  }

  /** Waits as a client does whose bytes are not taken; false once the other side has closed. */
  async send(bytes: string | Buffer): Promise<boolean> {
    if (!this.socket.writable) return false;
    if (!this.socket.write(bytes)) await Promise.race([once(this.socket, 'drain'), this.ended]);
    return this.socket.writable;
  }

  /** Hangs up without a word. */
  drop(): void {
    this.socket.destroy();
  }

  /** What has come back by the time the server has closed. */
  async answer(): Promise<string> {
    await this.ended;
    return this.received;
  }

  /** Waits until something that reads like `pattern` has come back. */
  async until(pattern: RegExp): Promise<string> {
    while (!pattern.test(this.received) && !this.socket.closed)
      await Promise.race([once(this.socket, 'data'), this.ended]);
    return this.received;
  }
}

const BOUNDARY = 'a-boundary';

/** The head of an upload's request, with whatever else it says, and the part's own head. */
export function uploadHead(token: string, ...headers: string[]): string {
  const lines = [
    'POST /v1/photos HTTP/1.1',
    'Host: narwhal',
    `Authorization: Bearer ${token}`,
    `Content-Type: multipart/form-data; boundary=${BOUNDARY}`,
    ...headers,
  ];
  return `${lines.join('\r\n')}\r\n\r\n`;
}

export const partHead = `--${BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="photo.jpg"\r\n\r\n`;
export const partEnd = `\r\n--${BOUNDARY}--\r\n`;

/** A chunk of `Transfer-Encoding: chunked`. */
export function chunk(bytes: Buffer | string): Buffer {
  const body = Buffer.from(bytes);
  return Buffer.concat([Buffer.from(`${body.length.toString(16)}\r\n`), body, Buffer.from('\r\n')]);
}
