import { shardOf, type Id } from './ids.js';

/**
 * Hash tags: keys of one bucket live on one node of a Redis Cluster, so a script may take several of them. A few hundred
 * buckets spread well over any cluster while a page of a fan-out still finds many keys a bucket.
 */
export const BUCKETS = 256;

/** The bucket (0-255) of everything that belongs to this id's logical shard. */
export function bucketOf(id: Id): number {
  return shardOf(id) % BUCKETS;
}

const tag = (id: Id): string => `nw:{${bucketOf(id)}}`;

/**
 * How every Redis key is spelt. `epoch` names the life of the Redis data (see `RedisEpoch` in libs/feed): keys of an
 * older life are never read again, and all have a time to live. Each line: what it holds · type · cap · time to live.
 */
export const keys = {
  /** A home feed: post ids, newest first, 0 at the tail when it is complete · list · 501 · 30 days after the last read. */
  homeFeed: (epoch: string, reader: Id) => `${tag(reader)}:${epoch}:feed:${reader}`,
  /** The generation of a reader's relations, an opaque token that changes with each of them · string · 31 days. */
  generation: (epoch: string, reader: Id) => `${tag(reader)}:${epoch}:gen:${reader}`,
  /** Whom a reader follows (themselves included), valid for one generation · set · 7,501 · 1 day. */
  following: (epoch: string, reader: Id, generation: string) => `${tag(reader)}:${epoch}:following:${reader}:${generation}`,
  /** Followees whose posts are merged at read, valid for one generation · set · 7,500 · 1 day. */
  largeFollowees: (epoch: string, reader: Id, generation: string) =>
    `${tag(reader)}:${epoch}:large:${reader}:${generation}`,
  /** A large author's newest posts, as a home feed is kept · list · 501 · 1 day. */
  authorFeed: (epoch: string, author: Id) => `${tag(author)}:${epoch}:author:${author}`,
  /** What a reader liked: post ids above a floor · sorted by insertion · 1,000 · 7 days. */
  liked: (epoch: string, reader: Id) => `${tag(reader)}:${epoch}:liked:${reader}`,
  /** What a reader saved; as `liked`. */
  saved: (epoch: string, reader: Id) => `${tag(reader)}:${epoch}:saved:${reader}`,
  /** A post's counts and version: fields l, c, v; or `gone` · hash · 4 fields · 7 days. */
  post: (epoch: string, post: Id) => `${tag(post)}:${epoch}:post:${post}`,
  /** A user's counts and version: fields p, r (followers), g (following), v · hash · 4 fields · 7 days. */
  user: (epoch: string, user: Id) => `${tag(user)}:${epoch}:user:${user}`,
  /** A session that was looked up: JSON of its user, or ended · string · 15 minutes. */
  session: (epoch: string, session: Id) => `${tag(session)}:${epoch}:session:${session}`,
  /** Rate limiting, by policy and caller · string · the policy's window. */
  rateLimit: 'nw:limit',
  /** The job queues' prefix; braces keep a queue's keys on one node. */
  queue: '{nw-jobs}',
} as const;
