import { Injectable } from '@nestjs/common';
import { compareIds, keys, type Id } from '@app/platform';
import { MarkReads } from '@app/storage';
import { cacheReads } from './cache-reads.js';
import { partsOf, textOf } from './feed-lists.js';
import { freshToken } from './fresh-token.js';
import { invalidation } from './invalidations.js';
import { ClientSideCache, type ReadSince } from './client-side-cache.js';
import { PendingInvalidations } from './pending-invalidations.js';
import { FeedRedis } from './redis.js';

export type Mark = 'liked' | 'saved';
export type Marks = Record<Mark, Set<Id>>;

interface KnownMarks {
  posts: Set<Id>;
  marks: Marks;
}

const DAY = 24 * 60 * 60;
/** Readers whose marks are near, of some 2 kB each. */
const KEPT = 20_000;
/** Marks loaded, and most kept: in between new ones are added. Redis packs a set of up to 512 integers, 8 bytes each. */
const LOADED = 200;
const CAP = 250;
/** Seconds that loaded marks are kept, and the hash with their floors. */
const KEPT_FOR = DAY;
const HASH_FOR = 31 * DAY;
/** A change whose end was not told is over after this, in seconds: its transaction has ended or was ended. */
const CHANGE_DIES_AFTER = 10;

/** The prefix of a mark's fields in the reader's hash: f floor, n changes under way, t since when. */
const prefixes: Record<Mark, string> = { liked: 'l', saved: 's' };

/**
 * Which posts a reader liked and saved: of each the newest by post, a set with a floor above which it is complete. What
 * lies below, or is absent, PostgreSQL answers. The protocol, so that no read shows another state than the rows:
 *
 * - **Load**: put a token where the floor belongs, ask PostgreSQL, install if the token still stands.
 * - **Change**: before the transaction count it in the reader's hash, and remove a load's token. While one is counted
 *   PostgreSQL answers, and nothing is loaded. After the commit change the set and end the count. Who dies in between
 *   leaves it counted, until a reader finds it older than 10 seconds and loads anew.
 */
@Injectable()
export class LikedSavedCache {
  private readonly kept;
  private readonly reads = cacheReads('marks');

  constructor(
    private readonly redis: FeedRedis,
    private readonly pending: PendingInvalidations,
    private readonly clientCache: ClientSideCache,
    private readonly rows: MarkReads,
  ) {
    this.kept = clientCache.keep<KnownMarks>(['reader', 'liked', 'saved'], KEPT);
  }

  /**
   * Of these posts, those that the reader liked and those that they saved; maybe others, too. PostgreSQL answers when
   * Redis cannot. Where `since` is given, they may be what this process keeps near.
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
    // Where Redis cannot answer, PostgreSQL does.
    const texts = await this.ask(reader, posts).catch(() => null);
    const [liked, saved] = await Promise.all([
      this.resolve('liked', reader, posts, texts?.[0]),
      this.resolve('saved', reader, posts, texts?.[1]),
    ]);
    // Where nothing is loaded a change may be under way, whose end nobody might tell of.
    const isKnown = texts !== null && !texts.includes('absent');
    this.reads[isKnown ? 'redis' : 'postgres'].inc();
    if (isKnown) keep({ posts: new Set(posts), marks: { liked, saved } });
    return { liked, saved };
  }

  /**
   * Both marks of a post of which one has just been committed: that one is known, and is not asked for. Many likes of old posts lie
   * below the floor, where PostgreSQL would have to be asked what it has just been told.
   */
  async besides(reader: Id, post: Id, mark: Mark, marked: boolean): Promise<Marks> {
    const marks: Marks = { liked: new Set(), saved: new Set() };
    const other = mark === 'liked' ? 'saved' : 'liked';
    // Where Redis cannot answer, PostgreSQL does.
    const texts = await this.ask(reader, [post]).catch(() => null);
    marks[other] = await this.resolve(other, reader, [post], texts?.[other === 'liked' ? 0 : 1]);
    if (marked) marks[mark].add(post);
    return marks;
  }

  /**
   * Runs `work`, the transaction that likes or saves (`marked`) or takes that back, so that no read in between or after
   * it shows another state than the rows, whatever fails. Answers what `work` answers.
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
    // Whether a transaction that failed was committed is not known: then the set goes.
    let outcome = '?';
    try {
      const result = await work();
      outcome = marked ? '1' : '0';
      return result;
    } finally {
      if (counted && (await this.hasMoved(epoch))) {
        // Others may have loaded what was before, into an epoch that knows nothing of this change: it is made to forget.
        await this.tell('marks-changing', reader, mark, [HASH_FOR]);
        outcome = '?';
      }
      const told = counted && (await this.tell('marks-changed', reader, mark, [post, outcome, CAP]));
      if (!told) await this.pending.invalidate(invalidation.ofMarks(reader, mark));
    }
  }

  private async hasMoved(epoch: string | null): Promise<boolean> {
    if (!this.redis.isCluster) return false;
    // The next line sees what came of it.
    await this.redis.confirm().catch(() => undefined);
    return this.redis.available && this.redis.epoch !== epoch;
  }

  private async ask(reader: Id, posts: readonly Id[]): Promise<string[]> {
    const { epoch } = this.redis;
    const asked = [keys.reader(epoch, reader), keys.liked(epoch, reader), keys.saved(epoch, reader)];
    return partsOf(await this.redis.run('marks-of', asked, posts)).map(textOf);
  }

  /** `text`: a character a post, `absent` when nothing is cached, undefined when Redis is away. */
  private async resolve(mark: Mark, reader: Id, posts: readonly Id[], text?: string): Promise<Set<Id>> {
    if (text === 'absent') return this.load(mark, reader, posts);
    const found = posts.filter((_, index) => text?.[index] === '1');
    const open = text ? posts.filter((_, index) => text[index] === '?') : posts;
    if (open.length > 0) found.push(...(await this.rows.among(mark, reader, open)));
    return new Set(found);
  }

  private async load(mark: Mark, reader: Id, posts: readonly Id[]): Promise<Set<Id>> {
    const token = freshToken();
    const begun = await this.begin(mark, reader, token);
    if (!begun) return new Set(await this.rows.among(mark, reader, posts));
    const newest = await this.rows.newest(mark, reader, LOADED);
    const floor = newest.length < LOADED ? '0' : (newest.at(-1) ?? '0');
    await this.tell('marks-install', reader, mark, [token, floor, KEPT_FOR, ...newest]);
    const known = new Set(newest);
    const below = posts.filter((post) => compareIds(post, floor) < 0);
    const found = posts.filter((post) => known.has(post));
    if (below.length > 0) found.push(...(await this.rows.among(mark, reader, below)));
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

  /** False when Redis could not be told. */
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
