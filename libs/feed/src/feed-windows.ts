import { Injectable } from '@nestjs/common';
import { histogram, keys, limits, type Id } from '@app/platform';
import { FeedRows } from '@app/storage';
import { buildList, insertInto } from './feed-lists.js';
import { freshToken, idsOf, partsOf, textOf } from './scripts.js';
import { cacheReads, ClientSideCache, type ReadSince } from './client-side-cache.js';
import { FeedRedis } from './redis.js';

const DAY = 24 * 60 * 60;
/** First pages in the client-side cache, about 2 kB each. */
const KEPT = 20_000;

/** The requested page: the newest when neither cursor is given. */
export interface PageRequest {
  /** Posts older than this id. */
  before?: Id | null;
  /** The page just above this id. */
  after?: Id | null;
  limit: number;
}

/**
 * `absent`, `building`: there is no list to read. `below`: the cursor is below its floor. `end`: nothing beyond in this
 * direction. `more`: the list holds more. `floor`: the list ends here, PostgreSQL continues.
 */
export type WindowState = 'absent' | 'building' | 'below' | 'end' | 'more' | 'floor';

/** Redis's answer for one reader's list. */
export interface WindowPage {
  /** The generation of the reader's relations. */
  generation: string;
  state: WindowState;
  ids: Id[];
  /** The list's oldest id; `'0'` when the list is complete. */
  floor: Id;
  /** Returned when this process has relations of another generation; null when Redis does not have them either. */
  relations: Buffer | null;
}

interface FirstPage {
  limit: number;
  page: WindowPage;
}

/**
 * The readers' lists in Redis: each holds one contiguous newest window of a feed, in order of id. An absent list means "rebuild
 * on the next read", so inactive readers cost nothing; an entry 0 at the tail means "the list is complete".
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
   * `known` is the generation whose relations the caller has; where `since` is given, a first page may come from the client-side cache.
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

  /** Builds an absent list and returns its ids; null when another process is building it. @throws RedisAway */
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
