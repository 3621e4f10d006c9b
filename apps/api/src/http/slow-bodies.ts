import type { IncomingMessage } from 'node:http';
import { problem, type Config } from '@app/platform';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { networkOf } from './rate-limits.js';
import { hasBody } from './unread-bodies.js';

/** `silence` in milliseconds; bodies that have not fully arrived, in this process and from one network. */
const bounds = { silence: 30_000, all: 1_000, network: 200 };
/** NGINX gives a phone in a tunnel 60 s, and ends its connection then. */
const SILENCE_BEHIND_NGINX = 65_000;

export const boundsOf = ({ TRUSTED_PROXIES }: Pick<Config, 'TRUSTED_PROXIES'>): typeof bounds =>
  TRUSTED_PROXIES.length > 0 ? { ...bounds, silence: SILENCE_BEHIND_NGINX } : bounds;

interface Unfinished {
  network: string;
  /** As read from the socket when it was last looked at, and when that had changed. */
  bytes: number;
  movedAt: number;
}

/** The bodies that are on their way. */
class UnfinishedBodies {
  private readonly bodies = new Map<IncomingMessage, Unfinished>();
  private readonly perNetwork = new Map<string, number>();

  constructor(private readonly most: typeof bounds) {}

  /** @throws Problem 503 `busy` when there are too many */
  take({ raw, ip }: FastifyRequest): void {
    const network = networkOf(ip);
    const others = this.perNetwork.get(network) ?? 0;
    if (this.bodies.size >= this.most.all || others >= this.most.network) {
      const retryAfter = Math.ceil(this.most.silence / 1_000);
      throw problem('busy', { params: { retryAfter }, headers: { 'retry-after': String(retryAfter) } });
    }
    this.perNetwork.set(network, others + 1);
    this.bodies.set(raw, { network, bytes: raw.socket.bytesRead, movedAt: Date.now() });
    const drop = () => this.drop(raw);
    raw.once('end', drop).once('close', drop);
  }

  private drop(raw: IncomingMessage): void {
    const body = this.bodies.get(raw);
    if (!body) return;
    this.bodies.delete(raw);
    const left = (this.perNetwork.get(body.network) ?? 1) - 1;
    if (left > 0) this.perNetwork.set(body.network, left);
    else this.perNetwork.delete(body.network);
  }

  /** Bodies whose client has sent nothing for too long. Unread bytes in our buffer mean that we are slow, not the client. */
  silent(now = Date.now()): IncomingMessage[] {
    return [...this.bodies].flatMap(([raw, body]) => {
      if (raw.socket.bytesRead !== body.bytes || raw.readableLength > 0)
        Object.assign(body, { bytes: raw.socket.bytesRead, movedAt: now });
      return now - body.movedAt < this.most.silence ? [] : [raw];
    });
  }
}

/**
 * Refuses more unfinished bodies than a process should hold, and ends those that stand still with 408: a client costs them
 * nothing and keeps a connection, a place in a queue and perhaps a file open here.
 */
export function boundBodies(server: FastifyInstance, most: typeof bounds): void {
  const unfinished = new UnfinishedBodies(most);
  server.addHook('preParsing', (request, _reply, _payload, done) => {
    if (request.is404 || !hasBody(request.headers) || request.raw.complete) return done();
    try {
      unfinished.take(request);
      done();
    } catch (error) {
      done(error as Error);
    }
  });
  const look = setInterval(() => {
    for (const { socket } of unfinished.silent()) {
      const late = Object.assign(new Error('its body stood still'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' });
      // As Node says of a request that takes too long as a whole.
      server.server.emit('clientError', late, socket);
    }
  }, most.silence / 6).unref();
  server.addHook('onClose', (_server, done) => {
    clearInterval(look);
    done();
  });
}
