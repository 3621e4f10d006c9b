import { once } from 'node:events';
import { redisFault, type Config, type Logger } from '@app/platform';
import { openClient } from './redis-link.js';

/** The basic facts that a first connection shows about a Redis. */
export interface RedisLook {
  version: string;
  /** `maxmemory-policy`; empty when Redis does not report it. */
  policy: string;
}

/** Connects once, reads, and disconnects. Rejects with Redis's error: `redisFault` puts it into words. */
export async function lookAtRedis(url: string): Promise<RedisLook> {
  const client = openClient(url, 3_000, { retryStrategy: () => null });
  // This event carries the reason of a refused connection; the promise says only that it is closed.
  let reason: unknown;
  client.on('error', (error: unknown) => (reason = error));
  try {
    // The promise alone stays pending when a cluster's first attempt meets an unfinished connection; the client then tries
    // again.
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
