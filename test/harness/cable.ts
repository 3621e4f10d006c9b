import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { Transform, type TransformCallback } from 'node:stream';

/** A connection to a server through this process, where it can be cut, mended and slowed. */
export interface Cable {
  url: string;
  cut(): void;
  /** On the same port again. */
  mend(): Promise<void>;
  /** Delays everything sent to the server by this many milliseconds; 0 removes the delay. */
  slow(milliseconds: number): void;
  close(): Promise<void>;
}

/** Leads to the server of `target`; a client with `url` instead loses it when the cable is cut. */
export async function cable(target: string): Promise<Cable> {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  let delay = 0;
  const lag = () =>
    new Transform({
      transform(chunk: Buffer, _: BufferEncoding, done: TransformCallback) {
        if (delay === 0) done(null, chunk);
        // A connection that hangs for good must not keep the tests' process alive.
        else setTimeout(() => done(null, chunk), delay).unref();
      },
    });
  const server = createServer((near) => {
    const far = connect(Number(port), hostname);
    near.pipe(lag()).pipe(far);
    far.pipe(near);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.on('error', () => to.destroy()).on('close', () => sockets.delete(from));
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port: ours } = server.address() as AddressInfo;
  const url = new URL(target);
  url.host = `127.0.0.1:${ours}`;
  const cut = () => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: url.href,
    cut,
    mend: async () => {
      server.listen(ours, '127.0.0.1');
      await once(server, 'listening');
    },
    slow: (milliseconds) => (delay = milliseconds),
    close: async () => {
      if (!server.listening) return;
      cut();
      await once(server, 'close');
    },
  };
}
