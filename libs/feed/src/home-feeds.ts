import { Injectable } from '@nestjs/common';
import { compareIds, limits, type Id } from '@app/platform';
import { FeedRows } from '@app/storage';
import { AuthorFeeds, type AuthorsPage, newestFirst } from './author-feeds.js';
import { FeedWindows, type PageRequest, type WindowPage } from './feed-windows.js';
import type { ReadSince } from './client-side-cache.js';
import { RedisAway } from './redis-link.js';
import { ReaderRelations, type Relations } from './relations.js';

/** Candidates of one page: the code that reads the rows decides visibility, and asks for more until the page is full. */
export interface FeedPage {
  /** Newest first, without duplicates, possibly with deleted posts. The cursor is the last id scanned, not the last shown. */
  ids: Id[];
  /** There is nothing beyond these in the requested direction. */
  complete: boolean;
  /** The source of the page: for metrics and tests. */
  source: 'redis' | 'postgres';
  /** The author is the reader or still followed, and neither muted nor blocked in either direction. */
  mayAppear(author: Id): boolean;
}

/** PostgreSQL checked the relations in the same statement. */
const filtered = (): boolean => true;

/**
 * Every reader's newest posts in Redis, with PostgreSQL below them and as their fallback, in the same order and with the same
 * filter: a feed has no end and no hole at any depth. Posts of authors who are not fanned out are merged in when a page is
 * read.
 */
@Injectable()
export class HomeFeeds {
  constructor(
    private readonly windows: FeedWindows,
    private readonly rows: FeedRows,
    private readonly relations: ReaderRelations,
    private readonly authors: AuthorFeeds,
  ) {}

  /**
   * Reads a page. PostgreSQL answers whenever Redis cannot; never throws because of Redis. Where `since` is given, the page may come
   * from the client-side cache.
   */
  async page(reader: Id, request: PageRequest, since?: ReadSince): Promise<FeedPage> {
    return (await this.fromRedis(reader, request, since)) ?? this.fromRows(reader, request);
  }

  /**
   * Inserts a post into those of these feeds that exist, in order and without duplicates; returns how many exist.
   *
   * @throws RedisAway: repeat it
   */
  insert(post: Id, readers: readonly Id[]): Promise<number> {
    return this.windows.insert(post, readers);
  }

  /** Null: PostgreSQL must answer. */
  private async fromRedis(reader: Id, request: PageRequest, since?: ReadSince): Promise<FeedPage | null> {
    try {
      const known = this.relations.generationOf(reader);
      const list = await this.windows.read(reader, request, known, since);
      if (list.state === 'below') return null;
      if (list.state === 'absent' || list.state === 'building') return await this.rebuilt(reader, request);
      const relations = await this.relations.of(reader, list.generation, list.relations, list.floor);
      if (request.after) return await this.newer(relations, list, request.after, request.limit);
      return await this.older(reader, relations, list, request, since);
    } catch (error) {
      if (error instanceof RedisAway) return null;
      throw error;
    }
  }

  /** Only a first page rebuilds: a reader deep in a feed has a cursor, which PostgreSQL answers as quickly. */
  private async rebuilt(reader: Id, { before, after, limit }: PageRequest): Promise<FeedPage | null> {
    if (before || after) return null;
    const ids = await this.windows.rebuild(reader);
    if (!ids) return null;
    const complete = ids.length <= limit && ids.length < limits.feed.window;
    return { ids: ids.slice(0, limit), complete, source: 'postgres', mayAppear: filtered };
  }

  /**
   * `horizon`: at and above it nothing is missing from the list or any merged author; below it PostgreSQL answers, which treats
   * both alike.
   */
  private async older(
    reader: Id,
    relations: Relations,
    list: WindowPage,
    { before = null, limit }: PageRequest,
    since?: ReadSince,
  ): Promise<FeedPage> {
    let { ids } = list;
    const last = ids.at(-1) ?? before ?? '0';
    let horizon = list.state === 'floor' ? last : '0';
    let complete = list.state === 'end';
    if (relations.merged.length > 0 && !(list.state === 'floor' && ids.length === 0)) {
      const lowest = list.state === 'end' ? '0' : last;
      const merged = await this.merged(relations.merged, lowest, { before, limit }, since);
      ids = newestFirst([...ids, ...merged.ids]);
      if (compareIds(merged.horizon, horizon) > 0) horizon = merged.horizon;
      complete &&= horizon === '0' && ids.length <= limit && merged.ids.length < limit;
    }
    ids = ids.filter((id) => compareIds(id, horizon) >= 0).slice(0, limit);
    if (horizon !== '0' && ids.length < limit) {
      const wanted = limit - ids.length;
      const below = await this.rows.newestIds(reader, horizon, wanted);
      complete = below.length < wanted;
      ids = [...ids, ...below];
    }
    return { ids, complete, source: 'redis', mayAppear: (author) => relations.authors.has(author) };
  }

  private async merged(
    authors: readonly Id[],
    lowest: Id,
    { before = null, limit }: PageRequest,
    since?: ReadSince,
  ): Promise<AuthorsPage> {
    const isFirst = before === null && since !== undefined;
    const near = isFirst ? await this.authors.firstPage(authors, lowest, limit, since) : null;
    return near ?? this.authors.page(authors, before, lowest, limit);
  }

  /** Null when an author's list does not reach down to the cursor. */
  private async newer(
    relations: Relations,
    list: WindowPage,
    after: Id,
    limit: number,
  ): Promise<FeedPage | null> {
    let { ids } = list;
    let complete = list.state === 'end';
    if (relations.merged.length > 0) {
      const merged = await this.authors.above(relations.merged, after, limit);
      if (!merged) return null;
      ids = newestFirst([...ids, ...merged]);
      complete &&= ids.length <= limit && merged.length < limit;
    }
    return {
      ids: ids.slice(-limit),
      complete,
      source: 'redis',
      mayAppear: (author) => relations.authors.has(author),
    };
  }

  private async fromRows(reader: Id, { before, after, limit }: PageRequest): Promise<FeedPage> {
    const ids = after
      ? await this.rows.aboveIds(reader, after, limit)
      : await this.rows.newestIds(reader, before ?? null, limit);
    return { ids, complete: ids.length < limit, source: 'postgres', mayAppear: filtered };
  }
}
