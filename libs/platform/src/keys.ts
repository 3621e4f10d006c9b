import type { Id } from './ids.js';

/**
 * Hash tags: keys of one bucket are on one node of a Redis Cluster, so a script may take several of them. A few hundred buckets
 * spread well over any cluster while a page of a fan-out still finds many keys per bucket.
 */
export const BUCKETS = 256;

const SEQUENCES = 2 ** 10;
const CYCLE = BUCKETS * SEQUENCES;
const BILLION = 1_000_000_000 % CYCLE;

/**
 * The bucket (0-255) of everything that belongs to this id's logical shard: the shard's low bits, just above the id's ten bits
 * of sequence. Computed in two halves, because a fan-out needs thousands and BigInt takes six times as long.
 */
export function bucketOf(id: Id): number {
  const high = id.length > 9 ? Number(id.slice(0, -9)) : 0;
  const low = Number(id.slice(-9));
  return Math.floor((((high % CYCLE) * BILLION + low) % CYCLE) / SEQUENCES);
}

const tag = (id: Id): string => `nw:{${bucketOf(id)}}`;

/** The kind of an epoch's key, as `keys` names it, and the id of its owner. */
export function keyParts(key: string): { kind: string; id: Id } {
  const [, , , kind = '', id = ''] = key.split(':');
  return { kind, id };
}

/**
 * The names of all Redis keys. `epoch` names the life of the Redis data (see `RedisEpoch` in libs/feed): keys of an older life
 * are never read again, and all have a time to live. Each line: content · type · cap · time to live.
 */
export const keys = {
  /** A home feed: post ids, newest first, 0 at the tail when it is complete · list · 532 · 30 days after the last read. */
  homeFeed: (epoch: string, reader: Id) => `${tag(reader)}:${epoch}:feed:${reader}`,
  /**
   * Validates a reader's other keys: `g` the generation of their relations (an opaque token, never used twice), `lf` and `sf`
   * the floors of liked and saved · hash · 8 short fields · 31 days.
   */
  reader: (epoch: string, reader: Id) => `${tag(reader)}:${epoch}:reader:${reader}`,
  /**
   * The authors whose posts may appear in a reader's feed, packed; always of the current generation, since a bump deletes it ·
   * string · 68 kB · 1 day.
   */
  relations: (epoch: string, reader: Id) => `${tag(reader)}:${epoch}:relations:${reader}`,
  /** A large author's newest posts, stored like a home feed · list · 532 · 1 day after the last read. */
  authorFeed: (epoch: string, author: Id) => `${tag(author)}:${epoch}:author:${author}`,
  /** The posts above the reader's floor that they liked, and 0 · set of integers · 250 · 1 day. */
  liked: (epoch: string, reader: Id) => `${tag(reader)}:${epoch}:liked:${reader}`,
  /** The posts that a reader saved; otherwise like `liked`. */
  saved: (epoch: string, reader: Id) => `${tag(reader)}:${epoch}:saved:${reader}`,
  /** A post's counts, version and author; or `gone` (see `Counts` in libs/feed) · string · 100 B · 7 days. */
  post: (epoch: string, post: Id) => `${tag(post)}:${epoch}:post:${post}`,
  /** A user's counts and version; or `gone` · string · 100 B · 7 days. */
  user: (epoch: string, user: Id) => `${tag(user)}:${epoch}:user:${user}`,
  /** A cached session lookup: living, synthetic or ended; never a role that grants rights · string · 15 minutes. */
  session: (epoch: string, session: Id) => `${tag(session)}:${epoch}:session:${session}`,
  /** A person's open streams, newest first · list of names · `limits.stream.perPerson` · 1 day. */
  streams: (epoch: string, person: Id) => `${tag(person)}:${epoch}:streams:${person}`,
  /** Live messages to people of this id's bucket; without epoch, since nothing is stored · channel of JSON (`LiveMessage`). */
  live: (id: Id) => `nw:live:${bucketOf(id)}`,
  /** Posts that reached their readers' feeds · channel of JSON. */
  liveFeeds: 'nw:live:feeds',
  /** A ranked list as of its first page: ids with commas · string · 4 kB · 10 minutes. */
  snapshot: (epoch: string, name: string) => `nw:${epoch}:snapshot:${name}`,
  /** Rate limiting, by policy and caller · string · the policy's window. */
  rateLimit: 'nw:limit',
  /** Heartbeats of all processes, without epoch: JSON by the process's name · hash · one field per process · 1 day. */
  heartbeats: 'nw:heartbeats',
  /** The job queues' prefix; braces keep a queue's keys on one node. */
  queue: '{nw-jobs}',
} as const;
