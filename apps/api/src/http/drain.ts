import { Server as TcpServer } from 'node:net';
import type { Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';

/** Longer than a proxy keeps an idle upstream connection (4 s in infra/nginx), so that no connection closes during a request. */
const IDLE = 5_000;
/** After this, running requests are cut off. */
const LONGEST = 25_000;
const LOOK = 25;

/**
 * Stops a server without failing a request: stops listening (a refused proxy tries another server), answers running
 * requests and new ones on open connections with `Connection: close`, and closes idle connections only after proxies have
 * released them. `http.Server.close` alone closes idle connections at once and waits for busy ones for ever.
 */
export class Drain {
  private draining = false;
  private open = 0;
  private readonly endings: (() => void)[] = [];

  constructor(private readonly server: FastifyInstance) {
    server.addHook('onRequest', (_request, reply, done) => {
      this.open += 1;
      // Also fires for a response whose client has left, for which `onResponse` does not run.
      reply.raw.once('close', () => (this.open -= 1));
      if (this.draining) void reply.header('connection', 'close');
      done();
    });
    server.addHook('onSend', (_request, reply, _payload, done) => {
      if (this.draining) void reply.header('connection', 'close');
      done();
    });
  }

  /** Registers a way to end work that would otherwise run for ever. */
  onBegin(end: () => void): void {
    this.endings.push(end);
  }

  /** Resolves once no request is running. `proxied`: a proxy may still use idle connections. */
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
