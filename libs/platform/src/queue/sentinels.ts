import { Redis, SentinelConnector, type RedisOptions, type SentinelConnectionOptions } from 'ioredis';
import { sentinelsOf } from './sentinel-url.js';

/** Parts of ioredis 5.11 that its types hide. */
interface Inside {
  connectToSentinel(...args: unknown[]): Redis;
  failoverDetector: { cleanup(): void } | null;
}

/**
 * ioredis listens for failovers at each sentinel, and prints a stack for each that is away: that is no news to anybody. And a
 * listener of the lost connection that hears of the failover during the next attempt ends the client for good.
 */
class Failover extends SentinelConnector {
  private readonly inside = this as unknown as Inside;

  constructor(options: SentinelConnectionOptions) {
    super(options);
    const connect = this.inside.connectToSentinel.bind(this);
    this.inside.connectToSentinel = (...args) => connect(...args).on('error', () => undefined);
  }

  override connect(
    ...args: Parameters<SentinelConnector['connect']>
  ): ReturnType<SentinelConnector['connect']> {
    this.inside.failoverDetector?.cleanup();
    this.inside.failoverDetector = null;
    return super.connect(...args);
  }
}

/**
 * A connection that leaves a primary as soon as a sentinel says that another was chosen, or once it owes an answer for
 * `socketTimeout`: longer than the longest blocking command. In milliseconds. It gives a primary no time to say goodbye:
 * a hung one never does.
 */
function options(url: string, socketTimeout: number): RedisOptions {
  const sentinels = sentinelsOf(url);
  if (!sentinels) return {};
  const { username, password, pathname } = new URL(url);
  return {
    ...sentinels,
    ...(username ? { username: decodeURIComponent(username) } : {}),
    ...(password ? { password: decodeURIComponent(password) } : {}),
    ...(pathname.length > 1 ? { db: Number(pathname.slice(1)) } : {}),
    ...(url.startsWith('rediss') ? { tls: {}, sentinelTLS: {}, enableTLSForSentinelMode: true } : {}),
    Connector: Failover as unknown as NonNullable<RedisOptions['Connector']>,
    failoverDetector: true,
    disconnectTimeout: 200,
    connectTimeout: 1_000,
    sentinelCommandTimeout: 1_000,
    socketTimeout,
  };
}

/** A client of one server, or of the one that the sentinels name. `socketTimeout` is for the latter alone. */
export function openRedis(url: string, more: RedisOptions, socketTimeout = 3_000): Redis {
  if (!sentinelsOf(url)) return new Redis(url, more);
  const client = new Redis({ ...more, ...options(url, socketTimeout) });
  // BullMQ's connection for blocking commands is one.
  client.duplicate = (override) => openRedis(url, { ...more, ...override }, socketTimeout);
  // ioredis 5.11 leaves the time limit of a lost connection running, and it would end the next one.
  const timed = client as unknown as { socketTimeoutTimer: NodeJS.Timeout | undefined };
  client.on('close', () => {
    clearTimeout(timed.socketTimeoutTimer);
    timed.socketTimeoutTimer = undefined;
  });
  return client;
}
