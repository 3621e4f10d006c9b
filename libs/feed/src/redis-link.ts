import { EventEmitter } from 'node:events';
import {
  clusterNodes,
  clusterOptions,
  gatherWrites,
  nodeOptions,
  openRedis,
  sentinelsOf,
  startingAt,
} from '@app/platform';
import { Cluster, type Redis, type RedisOptions } from 'ioredis';
import { loadScripts, type ScriptName } from './scripts.js';

/** A script's argument: text, number, or packed bytes. */
export type Argument = string | number | Buffer;

/**
 * Redis did not complete a change in time. It may have applied it all the same, so every change of this library may be
 * repeated: the holder of the outbox row tries again.
 */
export class RedisAway extends Error {
  override name = 'RedisAway';

  constructor(cause?: unknown) {
    super('Redis is away', { cause });
  }
}

function options(budget: number): RedisOptions {
  return {
    lazyConnect: true,
    commandTimeout: budget,
    connectTimeout: 2_000,
    // The client must not resend unanswered commands by itself: the data may be of another epoch by then.
    maxRetriesPerRequest: 0,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    retryStrategy: (attempt) => Math.min(50 * attempt, 500),
    // A primary that became a replica refuses writes: reconnect to find the new primary at the same address.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
  };
}

/** A client that is not connected yet. */
export function openClient(url: string, budget: number, more: RedisOptions = {}): Redis | Cluster {
  const nodes = clusterNodes(url);
  if (!nodes) return openRedis(url, { ...options(budget), ...more });
  return new Cluster(startingAt(nodes), {
    redisOptions: { ...options(budget), ...nodeOptions(nodes), lazyConnect: false },
    lazyConnect: true,
    enableOfflineQueue: false,
    slotsRefreshInterval: 5_000,
    ...clusterOptions(nodes),
  });
}

/**
 * The connection to Redis, and the only place that knows its client. Emits `up` when commands can be sent and `down` when not;
 * commands sent meanwhile fail at once.
 */
export class RedisLink extends EventEmitter<{ up: []; down: [] }> {
  /** For the rate limiter alone, whose library wants a client of this kind. */
  readonly client: Redis | Cluster;
  private readonly scripts = loadScripts();
  readonly isCluster: boolean;
  /** Whether another server may take over, which processes notice at different times: see `FeedRedis.confirm`. */
  readonly failsOver: boolean;
  /** Counts connections, so that an answer from one is not taken for the next. */
  connections = 0;
  /** What each server said of itself. A primary that starts again takes another replication id, so one question is enough. */
  private readonly lives = new WeakMap<Redis, { replication: string; connection: number; life: string }>();

  constructor(url: string, budget: number) {
    super();
    this.client = openClient(url, budget);
    this.isCluster = this.client instanceof Cluster;
    this.failsOver = this.isCluster || sentinelsOf(url) !== null;
    this.client.on('ready', () => {
      this.connections += 1;
      this.emit('up');
    });
    this.client.on('close', () => this.emit('down'));
    // Each failed attempt is an error; commands report it to their callers, and `available` covers the rest.
    this.client.on('error', () => undefined);
  }

  get isUp(): boolean {
    return this.client.status === 'ready';
  }

  connect(): void {
    // Each failed attempt is an `error` above, and the client retries it.
    this.client.connect().catch(() => undefined);
  }

  close(): void {
    this.client.disconnect();
  }

  /** Identifies this life of the data: every start of a server and every change of the primary gives another string. */
  async fingerprint(nodes = this.primaries()): Promise<string> {
    const lives = nodes.map(async (node) => {
      gatherWrites(node);
      const replication = /master_replid:(\w+)/.exec(await node.info('replication'))?.[1] ?? '';
      const known = this.lives.get(node);
      if (known?.replication === replication && known.connection === this.connections) return known.life;
      const run = /run_id:(\w+)/.exec(await node.info('server'))?.[1] ?? '';
      const life = `${run}/${replication}`;
      this.lives.set(node, { replication, connection: this.connections, life });
      return life;
    });
    return (await Promise.all(lives)).sort().join(' ');
  }

  private primaries(): Redis[] {
    return this.client instanceof Cluster ? this.client.nodes('master') : [this.client];
  }

  /** Makes the server notify another connection, given by its client id, of each change of a key that this one has read. */
  async track(listener: number): Promise<void> {
    await this.client.call('CLIENT', 'TRACKING', 'ON', 'REDIRECT', listener);
  }

  async ping(): Promise<void> {
    await this.client.ping();
  }

  async get(key: string): Promise<string | null> {
    gatherWrites(this.client);
    return this.client.get(key);
  }

  async set(key: string, value: string, seconds: number, onlyIfAbsent: boolean): Promise<void> {
    if (onlyIfAbsent) await this.client.set(key, value, 'EX', seconds, 'NX');
    else await this.client.set(key, value, 'EX', seconds);
  }

  async publish(channel: string, message: string): Promise<void> {
    await this.client.publish(channel, message);
  }

  /** Runs a Lua command; strings in the answer are Buffers. Sends the source when the server does not have it yet. */
  async run(name: ScriptName, keys: readonly string[], args: readonly Argument[]): Promise<unknown> {
    gatherWrites(this.client);
    const { source, digest } = this.scripts[name];
    try {
      return await this.client.callBuffer('EVALSHA', digest, keys.length, ...keys, ...args);
    } catch (error) {
      if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
      return this.client.callBuffer('EVAL', source, keys.length, ...keys, ...args);
    }
  }
}
