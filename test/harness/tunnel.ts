import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** A bad network between a client and several processes: each connection goes to the next one, may be slow, may be cut. */
export class Tunnel {
  private readonly sockets = new Set<Socket>();
  private bytesPerSecond = Infinity;
  private next = 0;

  private constructor(
    private readonly server: Server,
    private readonly targets: readonly string[],
  ) {
    server.on('connection', (client) => this.join(client));
  }

  static async open(targets: readonly string[]): Promise<Tunnel> {
    const server = createServer();
    const tunnel = new Tunnel(server, targets);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return tunnel;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  slow(bytesPerSecond: number): void {
    this.bytesPerSecond = bytesPerSecond;
  }

  /** Ends every connection, like a train entering a tunnel. */
  cut(): void {
    for (const socket of this.sockets) socket.destroy();
    this.sockets.clear();
  }

  /** Cuts again and again, ever more rarely: however slow a request is on a busy machine, one gets through in the end. */
  async cutDuring<Result>(work: () => Promise<Result>): Promise<Result> {
    let pause = 40;
    const cutOnce = (): void => {
      this.cut();
      pause *= 1.1;
      cutting = setTimeout(cutOnce, pause);
    };
    let cutting = setTimeout(cutOnce, pause);
    try {
      return await work();
    } finally {
      clearTimeout(cutting);
    }
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private join(client: Socket): void {
    const { hostname, port } = new URL(this.targets[this.next++ % this.targets.length] ?? '');
    const server = connect(Number(port), hostname);
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      this.sockets.add(from);
      from.on('error', () => undefined);
      from.on('close', () => {
        to.destroy();
        this.sockets.delete(from);
      });
    }
    server.pipe(client);
    client.on('data', (chunk) => {
      server.write(chunk);
      client.pause();
      setTimeout(() => client.resume(), (chunk.length / this.bytesPerSecond) * 1000);
    });
  }
}
