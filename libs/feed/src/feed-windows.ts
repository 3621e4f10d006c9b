import { Injectable } from '@nestjs/common';
import { histogram, keys, limits, type Id } from '@app/platform';
import { FeedRows } from '@app/storage';
import { buildList, idsOf, insertInto, partsOf, textOf } from './feed-lists.js';
import { freshToken } from './fresh-token.js';
import { cacheReads } from './cache-reads.js';
import { ClientSideCache, type ReadSince } from './client-side-cache.js';
import { FeedRedis } from './redis.js';

const DAY = 24 * 60 * 60;
/** First pages near, of some 2 kB each. */
const KEPT = 20_000;

/** Which page: the newest when neither cursor is given. */
export interface PageRequest {
  /** Posts older than this id. */
  before?: Id | null;
  /** The page just above this id. */
  after?: Id | null;
  limit: number;
}

/**
 * `absent`, `building`: there is no list to read. `below`: the cursor lies under its floor. `end`: nothing beyond in this
 * direction. `more`: there is more in the list. `floor`: the list ends here, PostgreSQL goes on.
 */
export type WindowState = 'absent' | 'building' | 'below' | 'end' | 'more' | 'floor';

/** What Redis answered of one reader's list. */
export interface WindowPage {
  /** Of the reader's relations. */
  generation: string;
  state: WindowState;
  ids: Id[];
  /** The list's oldest id; `'0'` when the list is complete. */
  floor: Id;
  /** Asked for when this process has those of another generation; null when Redis does not have them either. */
  relations: Buffer | null;
}

interface FirstPage {
  limit: number;
  page: WindowPage;
}

/**
 * The readers' lists in Redis: of each feed one contiguous newest window, in order of id. An absent list means "rebuild on
 * the next read", so people who do not read cost nothing; an entry 0 at the tail means "this is all there is".
 */
@Injectable()
export class FeedWindows {
  private readonly kept;
  private readonly reads = cacheReads('feed');

  constructor(
    private readonly redis: FeedRedis,
    private readonly rows: FeedRows,
    private readonly clientCache: ClientSideCache,
  ) {
    this.kept = clientCache.keep<FirstPage>(['feed', 'reader'], KEPT);
  }

  /**
   * `known` is the generation whose relations the caller has; where `since` is given, a first page may be one that is near.
   *
   * @throws RedisAway
   */
  async read(reader: Id, request: PageRequest, known: string, since?: ReadSince): Promise<WindowPage> {
    if (request.before || request.after) return this.ask(reader, request, known);
    const { limit } = request;
    if (since !== undefined && this.kept.get(reader) && (await this.clientCache.current(since))) {
      const first = this.kept.get(reader);
      if (first?.limit === limit) {
        this.reads.near.inc();
        return first.page;
      }
    }
    const keep = this.kept.filling(reader);
    const page = await this.ask(reader, request, known);
    const isList = page.state !== 'absent' && page.state !== 'building';
    this.reads[isList ? 'redis' : 'postgres'].inc();
    if (isList) keep({ limit, page: { ...page, relations: null } });
    return page;
  }

  private async ask(reader: Id, { before, after, limit }: PageRequest, known: string): Promise<WindowPage> {
    const { epoch } = this.redis;
    const idle = limits.feed.idleFor;
    const args = [before ?? '', after ?? '', limit, freshToken(), known, idle, idle - DAY];
    const answer = partsOf(await this.redis.run('feed-page', keysOf(epoch, reader), args));
    const [generation, state, ids, floor, relations] = answer;
    return {
      generation: textOf(generation),
      state: textOf(state) as WindowState,
      ids: idsOf(ids),
      floor: textOf(floor),
      relations: Buffer.isBuffer(relations) && relations.length > 0 ? relations : null,
    };
  }

  /** Builds an absent list and answers what it holds; null when somebody else builds it now. @throws RedisAway */
  async rebuild(reader: Id): Promise<Id[] | null> {
    const { idleFor, window } = limits.feed;
    const done = histogram('narwhal_feed_rebuild_seconds').startTimer();
    const keyOf = (epoch: string): string => keys.homeFeed(epoch, reader);
    const ids = await buildList(this.redis, keyOf, idleFor, () => this.rows.newestIds(reader, null, window));
    if (ids) done();
    return ids;
  }

  /** @throws RedisAway */
  insert(post: Id, readers: readonly Id[]): Promise<number> {
    return insertInto(this.redis, keys.homeFeed, post, readers, 'keep');
  }
}

const keysOf = (epoch: string, reader: Id): string[] => [
  keys.homeFeed(epoch, reader),
  keys.reader(epoch, reader),
  keys.relations(epoch, reader),
];
