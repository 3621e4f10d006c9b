import { Injectable } from '@nestjs/common';
import type { Id } from '@app/platform';
import { CountRows, type CounterName, type PostCounts, type UserCounts } from '@app/storage';
import { CachedCounts, type Kind } from './cached-counts.js';
import { invalidation } from './invalidations.js';
import { ClientSideCache, type ReadSince } from './client-side-cache.js';
import { PendingInvalidations } from './pending-invalidations.js';
import { RedisAway } from './redis-link.js';
import { FeedRedis } from './redis.js';

export type Subject = 'post' | 'user';

/**
 * A delta is added to a cached count only if its transaction began less than this ago; later, the count is dropped instead. In
 * milliseconds; see the protocol below.
 */
export const COUNT_CHANGES_WITHIN = 400;
/** Only deltas older than this are settled and folded. In milliseconds. */
export const COUNT_SETTLES_AFTER = 800;

/** A fold waits no longer than this for Redis: then a new epoch drops all counts instead. In milliseconds. */
const WAITS_FOR_REDIS = 30_000;

/** The cached counts: the subject of each, and the count's position among the subject's values. */
const places: Partial<Record<CounterName, readonly [Subject, number]>> = {
  'post.likes': ['post', 1],
  'post.comments': ['post', 2],
  'user.posts': ['user', 1],
  'user.followers': ['user', 2],
  'user.following': ['user', 3],
};

/**
 * Counts and versions of posts and users: cached in Redis, loaded when absent. PostgreSQL defines a count in one statement: the
 * row plus its unfolded deltas. A fold does not change that sum.
 *
 * Format: one string per subject, `likes,comments,version,author;` or `posts,followers,following,version;`, so that a page's
 * posts are one MGET (a hash each took Redis 1.6 times as long). While a process reads PostgreSQL for it, `token,changes`
 * follows the semicolon; the part before the semicolon is empty if it is not loaded yet. `gone` is a tombstone.
 *
 * The protocol that keeps caches equal to PostgreSQL:
 *
 * - **Load** (absent): put a token on the key, read PostgreSQL, write if the token is still there. An invalidation and `settle`
 * remove the token, so that nothing read before them is written after them.
 * - **Changed** (after a like's commit): add the delta if the count is cached, so that the next read shows it. If a process is
 * loading or settling the key, the key is marked as changed, and that process reads PostgreSQL again: after three rounds on a
 * row that keeps changing it writes what it has, which may be off by the latest deltas.
 * - **Settle** (by the worker, before it folds a delta): like a load, but of cached keys. It writes PostgreSQL's values, so it
 * corrects any earlier error with a delta, provided that nothing adds that delta afterwards: hence a delta is added within 400
 * ms of its transaction's beginning or never, and settled after 800 ms or later. A process that stalls in between drops the key
 * instead, which is correct at any time.
 * - Two settlements of one key: the later token wins, and it reads later. Crash before the fold: the deltas are still there.
 */
@Injectable()
export class Counts {
  private readonly cachedPosts: CachedCounts<PostCounts>;
  private readonly cachedUsers: CachedCounts<UserCounts>;

  constructor(
    private readonly redis: FeedRedis,
    private readonly pending: PendingInvalidations,
    clientCache: ClientSideCache,
    rows: CountRows,
  ) {
    this.cachedPosts = new CachedCounts(redis, clientCache, postKind(rows));
    this.cachedUsers = new CachedCounts(redis, clientCache, userKind(rows));
  }

  /**
   * Counts of many posts, in one round trip; deleted ones are not in the answer. PostgreSQL answers when Redis cannot. With a
   * `since`, posts in the client-side cache need no round trip.
   */
  async posts(ids: readonly Id[], since?: ReadSince): Promise<Map<Id, PostCounts>> {
    const posts = await this.cachedPosts.of(ids, since);
    const unknown = [...posts.values()].filter(({ authorVersion }) => Number.isNaN(authorVersion));
    if (unknown.length === 0) return posts;
    const authors = await this.users([...new Set(unknown.map(({ author }) => author))], since);
    for (const post of unknown) {
      const author = authors.get(post.author);
      if (author) posts.set(post.id, { ...post, authorVersion: author.version });
      else posts.delete(post.id);
    }
    return posts;
  }

  /** Counts of many users; deleted ones are not in the answer. PostgreSQL answers when Redis cannot. */
  users(ids: readonly Id[], since?: ReadSince): Promise<Map<Id, UserCounts>> {
    return this.cachedUsers.of(ids, since);
  }

  /**
   * Adds a committed delta to the cache, so that the next read shows it at once. `since` is `performance.now()` from before the
   * transaction began. Never throws: the fold's `settle` corrects what could not be added.
   */
  async changed(counter: CounterName, subject: Id, delta: number, since: number): Promise<void> {
    const [kind, place] = places[counter] ?? [];
    if (!kind || !place) return;
    const isLate = performance.now() - since > COUNT_CHANGES_WITHIN;
    if (isLate || !(await this.cached(kind).add(subject, place, delta)))
      await this.pending.invalidate(
        kind === 'post' ? invalidation.ofPost(subject) : invalidation.ofUser(subject),
      );
  }

  /**
   * Sets the cached counts of these subjects from PostgreSQL. The worker calls it before it folds their deltas.
   *
   * @throws RedisAway: do not fold yet
   */
  async settle(kind: Subject, ids: readonly Id[]): Promise<void> {
    if (ids.length === 0) return;
    try {
      await this.redis.confirm();
      await this.cached(kind).settle(ids);
    } catch (error) {
      if (!(error instanceof RedisAway) || this.redis.awayFor < WAITS_FOR_REDIS) throw error;
      await this.redis.renew();
    }
  }

  private cached(kind: Subject): CachedCounts<PostCounts> | CachedCounts<UserCounts> {
    return kind === 'post' ? this.cachedPosts : this.cachedUsers;
  }
}

/** `NaN` when the author's version is not cached. */
const postKind = (rows: CountRows): Kind<PostCounts> => ({
  key: 'post',
  script: 'post-counts',
  values: ({ likes, comments, version, author }) => [likes, comments, version, author],
  parse: (id, [likes, comments, version, author = '', authorVersion]) => ({
    id,
    likes: count(likes),
    comments: count(comments),
    version: Number(version),
    author,
    authorVersion: authorVersion ? Number(authorVersion) : Number.NaN,
  }),
  // A change of the author's key does not invalidate the post's key.
  near: (post) => ({ ...post, authorVersion: Number.NaN }),
  read: (ids) => rows.ofPosts(ids),
});

const userKind = (rows: CountRows): Kind<UserCounts> => ({
  key: 'user',
  script: 'user-counts',
  values: ({ posts, followers, following, version }) => [posts, followers, following, version],
  parse: (id, [posts, followers, following, version]) => ({
    id,
    posts: count(posts),
    followers: count(followers),
    following: count(following),
    version: Number(version),
  }),
  near: (user) => user,
  read: (ids) => rows.ofUsers(ids),
});

/** An unlike may arrive before its like, for an instant. */
const count = (text: string | undefined): number => Math.max(0, Number(text));
