import { Server as TcpServer } from 'node:net';
import type { Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';

/** Longer than a proxy keeps an idle upstream connection (4 s in infra/nginx), so that none is cut under a request. */
const IDLE = 5_000;
/** What still runs after this is cut. */
const LONGEST = 25_000;
const LOOK = 25;

/**
 * Ends a server without a failed request: stops listening (a proxy is refused and goes elsewhere), answers what is under
 * way and what comes on open connections with `Connection: close`, cuts idle ones only once proxies have let go of them.
 * `http.Server.close` alone cuts idle connections at once and waits for busy ones for ever.
 */
export class Drain {
  private draining = false;
  private open = 0;
  private readonly endings: (() => void)[] = [];

  constructor(private readonly server: FastifyInstance) {
    server.addHook('onRequest', (_request, reply, done) => {
      this.open += 1;
      // Also of an answer that its client did not wait for, which `onResponse` never hears of.
      reply.raw.once('close', () => (this.open -= 1));
      if (this.draining) void reply.header('connection', 'close');
      done();
    });
    server.addHook('onSend', (_request, reply, _payload, done) => {
      if (this.draining) void reply.header('connection', 'close');
      done();
    });
  }

  /** What would go on for ever, and has to be told to end. */
  onBegin(end: () => void): void {
    this.endings.push(end);
  }

  /** Resolves once nothing is under way. `proxied`: idle connections may belong to a proxy that still uses them. */
  async run(proxied: boolean): Promise<void> {
    this.draining = true;
    const http: Server = this.server.server;
    TcpServer.prototype.close.call(http);
    for (const end of this.endings) end();
    const begun = Date.now();
    while (Date.now() - begun < LONGEST && (this.open > 0 || (proxied && Date.now() - begun < IDLE)))
      await sleep(LOOK);
    http.closeAllConnections();
  }
}
