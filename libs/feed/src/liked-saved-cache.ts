import { Injectable } from '@nestjs/common';
import { compareIds, keys, type Id } from '@app/platform';
import { LikeRows } from '@app/storage';
import { cacheReads, ClientSideCache, type ReadSince } from './client-side-cache.js';
import { freshToken, partsOf, textOf } from './scripts.js';
import { invalidation } from './invalidations.js';
import { PendingInvalidations } from './pending-invalidations.js';
import { FeedRedis } from './redis.js';

export type Mark = 'liked' | 'saved';
export type Marks = Record<Mark, Set<Id>>;

interface KnownMarks {
  posts: Set<Id>;
  marks: Marks;
}

const DAY = 24 * 60 * 60;
/** Readers whose marks are in the client-side cache, about 2 kB each. */
const KEPT = 20_000;
/** Marks loaded, and most kept: new ones are added in between. Redis packs a set of up to 512 integers, 8 bytes each. */
const LOADED = 200;
const CAP = 250;
/** Lifetime of loaded marks, and of the hash with their floors, in seconds. */
const KEPT_FOR = DAY;
const HASH_FOR = 31 * DAY;
/** A change whose end was never reported counts as over after this, in seconds: its transaction has ended or was aborted. */
const CHANGE_DIES_AFTER = 10;

/** The prefix of a mark's fields in the reader's hash: f floor, n number of changes in progress, t time of the last one. */
const prefixes: Record<Mark, string> = { liked: 'l', saved: 's' };

/**
 * The posts a reader liked and saved: a set of the newest of each, by post, with a floor above which it is complete. PostgreSQL
 * answers for posts below the floor and for absent sets. The protocol, so that every read agrees with the rows:
 *
 * - **Load**: put a token in place of the floor, read PostgreSQL, install if the token is still there.
 * - **Change**: before the transaction count it in the reader's hash, and remove a load's token. While a change is counted,
 * PostgreSQL answers, and nothing is loaded. After the commit change the set and decrement the count. A process that dies in
 * between leaves the change counted, until a reader finds it older than 10 seconds and loads anew.
 */
@Injectable()
export class LikedSavedCache {
  private readonly kept;
  private readonly reads = cacheReads('marks');

  constructor(
    private readonly redis: FeedRedis,
    private readonly pending: PendingInvalidations,
    private readonly clientCache: ClientSideCache,
    private readonly rows: LikeRows,
  ) {
    this.kept = clientCache.keep<KnownMarks>(['reader', 'liked', 'saved'], KEPT);
  }

  /**
   * Those of these posts that the reader liked and those that they saved; possibly others, too. PostgreSQL answers when Redis
   * cannot. Where `since` is given, the marks may come from the client-side cache.
   */
  async of(reader: Id, posts: readonly Id[], since?: ReadSince): Promise<Marks> {
    if (posts.length === 0) return { liked: new Set(), saved: new Set() };
    if (since !== undefined && this.kept.get(reader) && (await this.clientCache.current(since))) {
      const known = this.kept.get(reader);
      if (known && posts.every((post) => known.posts.has(post))) {
        this.reads.near.inc();
        return known.marks;
      }
    }
    const keep = this.kept.filling(reader);
    // PostgreSQL answers when Redis cannot.
    const texts = await this.ask(reader, posts).catch(() => null);
    const [liked, saved] = await Promise.all([
      this.resolve('liked', reader, posts, texts?.[0]),
      this.resolve('saved', reader, posts, texts?.[1]),
    ]);
    // While nothing is loaded a change may be in progress, whose end may never be reported.
    const isKnown = texts !== null && !texts.includes('absent');
    this.reads[isKnown ? 'redis' : 'postgres'].inc();
    if (isKnown) keep({ posts: new Set(posts), marks: { liked, saved } });
    return { liked, saved };
  }

  /**
   * Both marks of a post of which one has just been committed: that one is known, and is not read. Many likes of old posts are
   * below the floor, where PostgreSQL would be asked for what it has just written.
   */
  async besides(reader: Id, post: Id, mark: Mark, marked: boolean): Promise<Marks> {
    const marks: Marks = { liked: new Set(), saved: new Set() };
    const other = mark === 'liked' ? 'saved' : 'liked';
    // PostgreSQL answers when Redis cannot.
    const texts = await this.ask(reader, [post]).catch(() => null);
    marks[other] = await this.resolve(other, reader, [post], texts?.[other === 'liked' ? 0 : 1]);
    if (marked) marks[mark].add(post);
    return marks;
  }

  /**
   * Runs `work`, the transaction that adds a like or save (`marked`) or removes it, so that every read during or after it
   * agrees with the rows, whatever fails. Returns the result of `work`.
   */
  async change<Result>(
    reader: Id,
    mark: Mark,
    post: Id,
    marked: boolean,
    work: () => Promise<Result>,
  ): Promise<Result> {
    const epoch = this.redis.available ? this.redis.epoch : null;
    const counted = await this.tell('marks-changing', reader, mark, [HASH_FOR]);
    // A failed transaction may have been committed or not: then the set is dropped.
    let outcome = '?';
    try {
      const result = await work();
      outcome = marked ? '1' : '0';
      return result;
    } finally {
      if (counted && (await this.hasMoved(epoch))) {
        // Other processes may have loaded the old state into an epoch that has not recorded this change: drop it there.
        await this.tell('marks-changing', reader, mark, [HASH_FOR]);
        outcome = '?';
      }
      const told = counted && (await this.tell('marks-changed', reader, mark, [post, outcome, CAP]));
      if (!told) await this.pending.invalidate(invalidation.ofMarks(reader, mark));
    }
  }

  private async hasMoved(epoch: string | null): Promise<boolean> {
    if (!this.redis.failsOver) return false;
    // The next line checks the result.
    await this.redis.confirm().catch(() => undefined);
    return this.redis.available && this.redis.epoch !== epoch;
  }

  private async ask(reader: Id, posts: readonly Id[]): Promise<string[]> {
    const { epoch } = this.redis;
    const asked = [keys.reader(epoch, reader), keys.liked(epoch, reader), keys.saved(epoch, reader)];
    return partsOf(await this.redis.run('marks-of', asked, posts)).map(textOf);
  }

  /** `text`: one character per post, `absent` when nothing is cached, undefined when Redis is away. */
  private async resolve(mark: Mark, reader: Id, posts: readonly Id[], text?: string): Promise<Set<Id>> {
    if (text === 'absent') return this.load(mark, reader, posts);
    const found = posts.filter((_, index) => text?.[index] === '1');
    const open = text ? posts.filter((_, index) => text[index] === '?') : posts;
    if (open.length > 0) found.push(...(await this.rows.markedAmong(mark, reader, open)));
    return new Set(found);
  }

  private async load(mark: Mark, reader: Id, posts: readonly Id[]): Promise<Set<Id>> {
    const token = freshToken();
    const begun = await this.begin(mark, reader, token);
    if (!begun) return new Set(await this.rows.markedAmong(mark, reader, posts));
    const newest = await this.rows.newestMarked(mark, reader, LOADED);
    const floor = newest.length < LOADED ? '0' : (newest.at(-1) ?? '0');
    await this.tell('marks-install', reader, mark, [token, floor, KEPT_FOR, ...newest]);
    const known = new Set(newest);
    const below = posts.filter((post) => compareIds(post, floor) < 0);
    const found = posts.filter((post) => known.has(post));
    if (below.length > 0) found.push(...(await this.rows.markedAmong(mark, reader, below)));
    return new Set(found);
  }

  private async begin(mark: Mark, reader: Id, token: string): Promise<boolean> {
    try {
      const args = [prefixes[mark], token, CHANGE_DIES_AFTER, HASH_FOR];
      return Number(await this.redis.run('marks-begin', this.keysOf(reader, mark), args)) === 1;
    } catch {
      return false;
    }
  }

  /** Returns false when Redis could not be reached. */
  private async tell(
    script: 'marks-changing' | 'marks-changed' | 'marks-install',
    reader: Id,
    mark: Mark,
    args: (string | number)[],
  ): Promise<boolean> {
    try {
      await this.redis.run(script, this.keysOf(reader, mark), [prefixes[mark], ...args]);
      return true;
    } catch {
      return false;
    }
  }

  private keysOf(reader: Id, mark: Mark): string[] {
    const { epoch } = this.redis;
    return [keys.reader(epoch, reader), keys[mark](epoch, reader)];
  }
}
