import { Cluster, type Redis } from 'ioredis';

/** Commands of one turn of the event loop share one write: a system call each would cost more than encoding them. */
export function gatherWrites(client: Redis | Cluster): void {
  if (client instanceof Cluster) return;
  const { stream } = client;
  if (!stream || stream.writableCorked > 0) return;
  stream.cork();
  setImmediate(() => stream.uncork());
}
