import { once } from 'node:events';
import { openClient } from './redis-link.js';

/** What somebody who has just arrived at a Redis sees of it. */
export interface RedisLook {
  version: string;
  /** `maxmemory-policy`; empty where Redis will not say. */
  policy: string;
}

/** Connects once, looks, and leaves. Rejects as Redis refuses: `redisFault` puts that into words. */
export async function lookAtRedis(url: string): Promise<RedisLook> {
  const client = openClient(url, 3_000, { retryStrategy: () => null });
  // The reason of a refused connection comes by this event; the promise says only that it is closed.
  let reason: unknown;
  client.on('error', (error: unknown) => (reason = error));
  try {
    // The promise alone stays open when a cluster's first try meets a connection that is not finished; it then tries again.
    await Promise.race([client.connect(), once(client, 'ready')]);
    const info = await client.info();
    const field = (name: string) => new RegExp(`^${name}:(\\S+)`, 'm').exec(info)?.[1] ?? '';
    return { version: field('redis_version'), policy: field('maxmemory_policy') };
  } catch (error) {
    throw reason ?? error;
  } finally {
    client.disconnect();
  }
}
