import { sentinelsOf } from '@app/platform';
import { Redis } from 'ioredis';

/** How long a sentinel has for its answer, in milliseconds. */
const PATIENCE = 2_000;

/** One sentinel's view of the primary that it watches. */
interface SentinelLook {
  address: string;
  /** Why it could not be asked; it may also know no primary of that name. */
  fault: string | null;
  /** How long it waits before it holds the primary for lost, in milliseconds. */
  downAfter: number;
  /** How many sentinels it knows, itself included. */
  sentinels: number;
  replicas: number;
}

/** Asks each sentinel of a URL; none for a URL without. */
export async function lookAtSentinels(url: string): Promise<SentinelLook[]> {
  const known = sentinelsOf(url);
  if (!known) return [];
  const { name, sentinels, sentinelUsername: username, sentinelPassword: password } = known;
  const ask = async (place: { host: string; port: number }): Promise<SentinelLook> => {
    const person = { ...(username ? { username } : {}), ...(password ? { password } : {}) };
    const limits = { connectTimeout: PATIENCE, commandTimeout: PATIENCE, retryStrategy: () => null };
    const tls = url.startsWith('rediss') ? { tls: {} } : {};
    const client = new Redis({ ...place, ...person, ...limits, ...tls, lazyConnect: true });
    let reason: Error | undefined;
    client.on('error', (error: Error) => (reason = error));
    const found = { address: `${place.host}:${place.port}`, downAfter: 0, sentinels: 0, replicas: 0 };
    try {
      await client.connect();
      const facts = (await client.call('SENTINEL', 'MASTER', name)) as string[];
      const number = (field: string) => Number(facts[facts.indexOf(field) + 1]);
      return {
        ...found,
        fault: null,
        downAfter: number('down-after-milliseconds'),
        sentinels: number('num-other-sentinels') + 1,
        replicas: number('num-slaves'),
      };
    } catch (error) {
      return { ...found, fault: (reason ?? (error as Error)).message };
    } finally {
      client.disconnect();
    }
  };
  return Promise.all(sentinels.map(ask));
}
