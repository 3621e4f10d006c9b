import { Cluster, type ClusterOptions, type Redis, type RedisOptions } from 'ioredis';
import { openRedis } from './sentinels.js';

/** The address and credentials of a Redis Cluster's node. */
export interface RedisNode {
  host: string;
  port: number;
  password?: string;
  tls?: object;
}

/** `redis+cluster://[:password@]host:port,host:port` names some nodes of a cluster (`rediss+cluster` by TLS); any other URL one server. */
const CLUSTER = /^redis(s?)\+cluster:\/\//;

/** The nodes that a URL names; null for the URL of one server. */
export function clusterNodes(url: string): RedisNode[] | null {
  const cluster = CLUSTER.exec(url);
  if (!cluster) return null;
  const [scheme, tls] = cluster;
  const [nodes = '', secret] = url.slice(scheme.length).replace(/\/$/, '').split('@').reverse();
  return nodes.split(',').map((node) => ({
    host: node.replace(/:\d+$/, ''),
    port: Number(/\d+$/.exec(node)?.[0] ?? 6379),
    ...(secret === undefined ? {} : { password: decodeURIComponent(secret.replace(/^[^:]*:/, '')) }),
    ...(tls ? { tls: {} } : {}),
  }));
}

/** The nodes from which a client discovers the whole cluster. */
export function startingAt(nodes: readonly RedisNode[]): { host: string; port: number }[] {
  return nodes.map(({ host, port }) => ({ host, port }));
}

/** The options of the connection to each node. */
export function nodeOptions([node]: readonly RedisNode[]): RedisOptions {
  const { password, tls } = node ?? {};
  return { ...(password === undefined ? {} : { password }), ...(tls ? { tls } : {}) };
}

/** A certificate names a host, so a node's name must not be resolved before TLS has seen it. */
export function clusterOptions([node]: readonly RedisNode[]): ClusterOptions {
  return node?.tls ? { dnsLookup: (name, found) => found(null, name) } : {};
}

/** BullMQ waits five seconds and more for a job, and such a connection is not a dead one. In milliseconds. */
const BLOCKED_FOR = 15_000;
/** A Redis that does not answer by then is away: the probe, which shares the senders' connection, says so. In milliseconds. */
const PATIENCE = 2_000;

const sending: RedisOptions = {
  commandTimeout: PATIENCE,
  connectTimeout: PATIENCE,
  // A primary that became a replica refuses writes: reconnect to find the new primary at the same address.
  reconnectOnError: (error) => error.message.startsWith('READONLY'),
};

export type QueueConnection = Redis | Cluster;

const patience = (attempt: number): number => Math.min(50 * attempt, 1_000);

/** On a cluster all queues are on one node, whose replica takes over: the prefix's braces ensure that. */
export function openConnection(url: string, purpose: 'send' | 'receive'): QueueConnection {
  const waits = purpose === 'receive';
  const options: RedisOptions = {
    maxRetriesPerRequest: waits ? null : 0,
    ...(waits ? {} : sending),
  };
  const nodes = clusterNodes(url);
  const redis = nodes
    ? new Cluster(startingAt(nodes), {
        redisOptions: { ...options, ...nodeOptions(nodes) },
        enableOfflineQueue: waits,
        clusterRetryStrategy: patience,
        slotsRefreshInterval: 5_000,
        ...clusterOptions(nodes),
      })
    : openRedis(
        url,
        { ...options, enableOfflineQueue: waits, retryStrategy: patience },
        waits ? BLOCKED_FOR : undefined,
      );
  redis.on('error', () => undefined);
  return redis;
}

/** Commands of one turn of the event loop share one write: a system call each would cost more than encoding them. */
export function gatherWrites(client: Redis | Cluster): void {
  if (client instanceof Cluster) return;
  const { stream } = client;
  if (!stream || stream.writableCorked > 0) return;
  stream.cork();
  setImmediate(() => stream.uncork());
}
