import { counter, limits, problem, type Config, type Logger } from '@app/platform';
import type { AccessTokens } from '@app/domain';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { LRUCache } from 'lru-cache';
import { networkOf } from './rate-limits.js';

const { requests, seconds } = limits.rates.unknown;
/** Networks that are counted at once; about 2 MB. */
const NETWORKS = 20_000;

/**
 * Limits requests for unknown paths or with tokens that were never ours, by network. Beyond the limit they are refused before
 * anything of them is parsed, and are in the log as a number, once a second.
 */
export class UnknownRequests {
  private readonly windows = new LRUCache<string, { count: number }>({
    max: NETWORKS,
    ttl: seconds * 1_000,
  });
  private readonly refused = new WeakSet<FastifyRequest>();
  /** How many were refused since the last line of the log. */
  private readonly untold = new Map<string, number>();

  constructor(
    private readonly tokens: AccessTokens,
    private readonly config: Pick<Config, 'RATE_LIMITS'>,
    private readonly logger: Logger,
  ) {}

  limit(server: FastifyInstance): void {
    if (!this.config.RATE_LIMITS) return;
    server.addHook('onRequest', (request, _reply, done) => {
      // Almost always the case, and parsing an address costs microseconds.
      if (this.windows.size === 0) return done();
      const { count = 0 } = this.windows.get(networkOf(request.ip)) ?? {};
      if (count < requests || !this.isUnknown(request)) done();
      else done(this.refuse(request));
    });
    server.addHook('onResponse', (request, reply, done) => {
      if ((reply.statusCode === 404 || reply.statusCode === 401) && this.isUnknown(request))
        this.count(request);
      done();
    });
    const tell = setInterval(() => this.tell(), 1_000).unref();
    server.addHook('onClose', (_server, done) => {
      clearInterval(tell);
      done();
    });
  }

  /** Whether this request was refused here: it is told together with others. */
  isRefused(request: FastifyRequest): boolean {
    return this.refused.has(request);
  }

  /** Missing tokens and expired ones of ours do not count. */
  private isUnknown({ is404, headers: { authorization } }: FastifyRequest): boolean {
    return is404 || (authorization !== undefined && !this.tokens.isOurs(authorization));
  }

  private count({ ip }: FastifyRequest): void {
    const network = networkOf(ip);
    const window = this.windows.get(network);
    if (window) window.count += 1;
    else this.windows.set(network, { count: 1 });
  }

  private refuse(request: FastifyRequest) {
    const network = networkOf(request.ip);
    this.refused.add(request);
    this.untold.set(network, (this.untold.get(network) ?? 0) + 1);
    counter('narwhal_rate_limited_total').inc({ policy: 'unknown' });
    const retryAfter = Math.max(1, Math.ceil(this.windows.getRemainingTTL(network) / 1_000));
    return problem('rate_limited', {
      params: { retryAfter },
      headers: { 'retry-after': String(retryAfter) },
    });
  }

  private tell(): void {
    for (const [network, count] of this.untold)
      this.logger.warn({ network, count }, 'requests for unknown paths or with unknown tokens were refused');
    this.untold.clear();
  }
}
