import { Cluster, Redis, type RedisOptions } from 'ioredis';
import { clusterNodes, clusterOptions, nodeOptions, startingAt } from './redis-nodes.js';

/** Enqueueing only saves time: after this it is aborted, and the sweeper finds the row. In milliseconds. */
const ENQUEUE_BUDGET = 250;

export type QueueConnection = Redis | Cluster;

const patience = (attempt: number): number => Math.min(50 * attempt, 1_000);

/** On a cluster all queues are on one node, whose replica takes over: the prefix's braces ensure that. */
export function openConnection(url: string, purpose: 'send' | 'receive'): QueueConnection {
  const waits = purpose === 'receive';
  const options: RedisOptions = {
    maxRetriesPerRequest: waits ? null : 0,
    ...(waits ? {} : { commandTimeout: ENQUEUE_BUDGET }),
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
    : new Redis(url, { ...options, enableOfflineQueue: waits, retryStrategy: patience });
  redis.on('error', () => undefined);
  return redis;
}
