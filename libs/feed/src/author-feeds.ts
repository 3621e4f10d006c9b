import { Injectable } from '@nestjs/common';
import { compareIds, keys, limits, type Id } from '@app/platform';
import { FeedRows } from '@app/storage';
import { buildList, insertInto } from './feed-lists.js';
import { idsOf, partsOf, type ScriptName, textOf } from './scripts.js';
import { ClientSideCache, type ReadSince } from './client-side-cache.js';
import { FeedRedis } from './redis.js';

const DAY = 24 * 60 * 60;
/** Posts cached per author: the longest page. */
const HEAD = limits.list.most;
/** Authors in the client-side cache, about 3 kB each. */
const KEPT = 10_000;

/** Ids of several authors' posts, and the id from which on (inclusive) none is missing: `'0'` when none is missing at all. */
export interface AuthorsPage {
  ids: Id[];
  horizon: Id;
}

/** In feed order, without duplicates. */
export const newestFirst = (ids: readonly Id[]): Id[] => [...new Set(ids)].sort((a, b) => compareIds(b, a));

/** The newest posts of authors who are not fanned out, stored like home feeds and merged into them on read. */
@Injectable()
export class AuthorFeeds {
  private readonly building = new Map<Id, Promise<unknown>>();
  /** The newest posts of each author, at most `HEAD`; 0 at the end when there are no others. */
  private readonly heads;

  constructor(
    private readonly redis: FeedRedis,
    private readonly rows: FeedRows,
    private readonly clientCache: ClientSideCache,
  ) {
    this.heads = clientCache.keep<Id[]>(['author'], KEPT);
  }

  /**
   * Inserts a post that is not fanned out (or is while its author's audience grows) into its author's list, if that list
   * exists.
   *
   * @throws RedisAway: repeat it
   */
  async insert(post: Id, author: Id): Promise<void> {
    await insertInto(this.redis, keys.authorFeed, post, [author], 'drop');
  }

  /**
   * The newest `limit` posts of these authors between two ids, both exclusive.
   *
   * @throws RedisAway
   */
  async page(authors: readonly Id[], before: Id | null, lowest: Id, limit: number): Promise<AuthorsPage> {
    const { parts, absent } = await this.ask('authors-page', authors, [before ?? '', limit, lowest]);
    const ids = parts.flatMap(([found]) => idsOf(found));
    if (absent.length > 0) {
      const range = { above: lowest, limit, ...(before === null ? {} : { before }) };
      ids.push(...(await this.rows.authorsNewest(absent, range)).map(({ id }) => id));
    }
    const horizon = newestFirst(parts.map(([, horizon]) => textOf(horizon)))[0] ?? '0';
    return { ids: newestFirst(ids).slice(0, limit), horizon };
  }

  /**
   * Like `page`, but for a first page and from the client-side cache: all readers of a large author merge the same newest
   * posts. Returns null when the cache does not suffice.
   *
   * @throws RedisAway
   */
  async firstPage(
    authors: readonly Id[],
    lowest: Id,
    limit: number,
    since: ReadSince,
  ): Promise<AuthorsPage | null> {
    if (limit > HEAD || !(await this.clientCache.current(since))) return null;
    const far = authors.filter((author) => !this.heads.get(author));
    const fetched = far.length > 0 ? await this.fetchHeads(far) : null;
    const ids: Id[] = [];
    for (const author of authors) {
      const head = this.heads.get(author) ?? fetched?.get(author);
      if (!head) return null;
      // One page of each author is enough: older posts cannot be on a first page.
      for (const id of head) {
        if (compareIds(id, lowest) <= 0) break;
        ids.push(id);
      }
    }
    return { ids: newestFirst(ids).slice(0, limit), horizon: '0' };
  }

  private async fetchHeads(authors: readonly Id[]): Promise<Map<Id, Id[]>> {
    const { epoch } = this.redis;
    const fetched = new Map<Id, Id[]>();
    const calls = this.redis
      .groups(authors, (author) => author)
      .map(async (group) => {
        const keep = group.map((author) => this.heads.filling(author));
        const asked = group.map((author) => keys.authorFeed(epoch, author));
        const answer = partsOf(await this.redis.run('author-heads', asked, [HEAD]));
        group.forEach((author, index) => {
          const ids = idsOf(answer[index]);
          if (ids.length === 0) return;
          keep[index]?.(ids);
          fetched.set(author, ids);
        });
      });
    await Promise.all(calls);
    return fetched;
  }

  /**
   * The nearest posts of these authors above a cursor, at most `limit` of each; null when their lists do not reach down to the
   * cursor.
   *
   * @throws RedisAway
   */
  async above(authors: readonly Id[], after: Id, limit: number): Promise<Id[] | null> {
    const { parts, absent } = await this.ask('authors-above', authors, [after, limit]);
    if (absent.length > 0 || parts.some(([, short]) => textOf(short) !== '')) return null;
    return newestFirst(parts.flatMap(([found]) => idsOf(found)));
  }

  /** Resolves when no list is being built: for tests and for a clean shutdown. */
  async settled(): Promise<void> {
    await Promise.all(this.building.values());
  }

  private async ask(script: ScriptName, authors: readonly Id[], args: (string | number)[]) {
    const { epoch } = this.redis;
    const groups = this.redis.groups(authors, (author) => author);
    const answers = await Promise.all(
      groups.map((group) =>
        this.redis.run(
          script,
          group.map((author) => keys.authorFeed(epoch, author)),
          args,
        ),
      ),
    );
    const parts = answers.map(partsOf);
    const absent = parts.flatMap(([, , positions], index) =>
      idsOf(positions).flatMap((position) => groups[index]?.[Number(position) - 1] ?? []),
    );
    for (const author of absent) this.build(author);
    return { parts, absent };
  }

  /** Builds an absent list for the next reader; PostgreSQL serves this one. */
  private build(author: Id): void {
    if (this.building.has(author)) return;
    const window = limits.feed.window;
    const read = async (): Promise<Id[]> =>
      (await this.rows.authorsNewest([author], { limit: window })).map(({ id }) => id);
    // On failure the list stays absent: PostgreSQL answers, and the next reader builds it.
    const built = buildList(this.redis, (epoch) => keys.authorFeed(epoch, author), DAY, read)
      .catch(() => undefined)
      .finally(() => this.building.delete(author));
    this.building.set(author, built);
  }
}
