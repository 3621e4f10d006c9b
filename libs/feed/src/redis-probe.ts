import { once } from 'node:events';
import {
  keys,
  redisFault,
  sentinelsOf,
  type Config,
  type Heard,
  type Heartbeat,
  type Logger,
} from '@app/platform';
import { Cluster, type Redis } from 'ioredis';
import { openClient } from './redis-link.js';
import { loadScripts } from './scripts.js';

/** Redis's own figures; on a cluster, the sum or the worst of its primaries. */
export interface RedisFacts {
  memory: number;
  /** The share of maxmemory; null when none is set. */
  memoryShare: number | null;
  evicted: number;
  /** How many bytes the slowest replica is behind; null without one. */
  replicationLag: number | null;
}

/** How long heartbeats are kept after the last one of any process, in seconds. */
const KEPT_FOR = 86_400;

function factsOf(info: string): RedisFacts {
  const number = (name: string) => Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(info)?.[1] ?? 0);
  const [memory, most, offset] = [number('used_memory'), number('maxmemory'), number('master_repl_offset')];
  const lags = [...info.matchAll(/^slave\d+:.*offset=(\d+)/gm)].map(
    ([, reached]) => offset - Number(reached),
  );
  return {
    memory,
    memoryShare: most > 0 ? memory / most : null,
    evicted: number('evicted_keys'),
    replicationLag: lags.length > 0 ? Math.max(...lags) : null,
  };
}

/** One command a beat: a hundred processes that sent four kept Redis busy. */
const { beat: script } = loadScripts();

const worst = (values: (number | null)[]): number | null => {
  const known = values.filter((value) => value !== null);
  return known.length > 0 ? Math.max(...known) : null;
};

/**
 * Checks whether Redis is reachable and accepts writes, by another connection than requests use: their commands have a budget
 * that a slow Redis exceeds, and slow is not away.
 */
export class RedisProbe {
  private readonly client: Redis | Cluster;

  /** `connection`: one to share, or the address and patience of its own. */
  constructor(connection: Redis | Cluster | { url: string; patience: number }) {
    this.client = 'url' in connection ? openClient(connection.url, connection.patience) : connection;
    this.client.on('error', (error: Error) => (this.fault = error));
    this.client.on('ready', () => (this.fault = null));
    // The `error` handler above records it.
    if (this.client.status === 'wait') this.client.connect().catch(() => undefined);
  }

  /** The error of the last connection attempt. */
  private fault: Error | null = null;

  private async ask<Result>(command: () => Promise<Result>): Promise<Result> {
    if (this.client.status !== 'ready') throw this.fault ?? new Error('did not answer in time');
    return command();
  }

  async look(): Promise<void> {
    await this.ask(() => this.client.ping());
  }

  /** Writes this process's heartbeat; reads all heartbeats, or null. @throws what Redis or the socket throws */
  async beat(own: Heartbeat, reads: boolean): Promise<Heard[] | null> {
    const { client } = this;
    return this.ask(async () => {
      const asked = [keys.heartbeats, own.id, JSON.stringify(own), reads ? 1 : 0, KEPT_FOR] as const;
      const [seconds, texts] = (await client.eval(script.source, 1, ...asked)) as [string, string[]?];
      if (!texts) return null;
      const found = texts.map((text) => JSON.parse(text) as Heartbeat & { at: number });
      const heard = found.map(({ at, ...heartbeat }) => ({
        heartbeat,
        age: Math.max(0, Number(seconds) - at),
      }));
      const old = heard.filter(({ age }) => age > KEPT_FOR).map(({ heartbeat }) => heartbeat.id);
      if (old.length > 0) await client.hdel(keys.heartbeats, ...old);
      return heard;
    });
  }

  async leave(id: string): Promise<void> {
    await this.ask(() => this.client.hdel(keys.heartbeats, id));
  }

  async facts(): Promise<RedisFacts> {
    const nodes = this.client instanceof Cluster ? this.client.nodes('master') : [this.client];
    const all = await this.ask(() => Promise.all(nodes.map(async (node) => factsOf(await node.info()))));
    return {
      memory: all.reduce((sum, { memory }) => sum + memory, 0),
      memoryShare: worst(all.map(({ memoryShare }) => memoryShare)),
      evicted: all.reduce((sum, { evicted }) => sum + evicted, 0),
      replicationLag: worst(all.map(({ replicationLag }) => replicationLag)),
    };
  }

  close(): void {
    this.client.disconnect();
  }
}

/** The basic facts that a first connection shows about a Redis. */
export interface RedisLook {
  version: string;
  /** `maxmemory-policy`; empty when Redis does not report it. */
  policy: string;
  /** Whether sentinels may replace it, and it takes writes without a replica all the same. */
  writesAlone: boolean;
}

/** Connects once, reads, and disconnects. Rejects with Redis's error: `redisFault` puts it into words. */
export async function lookAtRedis(url: string): Promise<RedisLook> {
  const client = openClient(url, 3_000, {
    retryStrategy: () => null,
    sentinelRetryStrategy: () => null,
  });
  // This event carries the reason of a refused connection; the promise says only that it is closed.
  let reason: unknown;
  client.on('error', (error: unknown) => (reason = error));
  try {
    // The promise alone stays pending when a cluster's first attempt meets an unfinished connection; the client then tries
    // again.
    await Promise.race([client.connect(), once(client, 'ready')]);
    const info = await client.info();
    const field = (name: string) => new RegExp(`^${name}:(\\S+)`, 'm').exec(info)?.[1] ?? '';
    const writesAlone = sentinelsOf(url) !== null && !field('min_slaves_good_slaves');
    return { version: field('redis_version'), policy: field('maxmemory_policy'), writesAlone };
  } catch (error) {
    throw reason ?? error;
  } finally {
    client.disconnect();
  }
}

/** A process starts and serves without Redis: only its log shows that an address or a password is wrong. */
export async function warnWithoutRedis(
  { REDIS_URL, REDIS_QUEUE_URL }: Pick<Config, 'REDIS_URL' | 'REDIS_QUEUE_URL'>,
  logger: Logger,
): Promise<void> {
  for (const [setting, url] of Object.entries({ REDIS_URL, REDIS_QUEUE_URL })) {
    if (url === undefined) continue;
    await lookAtRedis(url).catch((error: unknown) =>
      logger.warn(`${redisFault(error, url, setting).text} Until then it goes on without.`),
    );
  }
}
