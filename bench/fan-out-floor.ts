import { connect, type Socket } from 'node:net';

/** A command in Redis's protocol. */
export function encode(...words: string[]): string {
  const parts = words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`);
  return `*${words.length}\r\n${parts.join('')}`;
}

/** A connection without a client: sends raw bytes, and only counts the lines of the responses. */
export class RawSocket {
  readonly #socket: Socket;

  private constructor(socket: Socket) {
    this.#socket = socket;
  }

  static async open(url: string): Promise<RawSocket> {
    const { port, hostname, password } = new URL(url);
    const socket = connect({ port: Number(port), host: hostname });
    await new Promise((connected) => socket.once('connect', connected));
    const raw = new RawSocket(socket);
    await raw.send(Buffer.from(encode('AUTH', password)), 1);
    return raw;
  }

  /** Resolves when there are as many response lines as commands. */
  send(bytes: Buffer, commands: number): Promise<void> {
    return new Promise((answered) => {
      let lines = 0;
      const count = (chunk: Buffer): void => {
        for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, at + 1)) lines += 1;
        if (lines < commands) return;
        this.#socket.off('data', count);
        answered();
      };
      this.#socket.on('data', count);
      this.#socket.write(bytes);
    });
  }

  close(): void {
    this.#socket.destroy();
  }
}
