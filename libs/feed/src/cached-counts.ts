import { cacheReads, type CacheSection, ClientSideCache, type ReadSince } from './client-side-cache.js';
import { freshToken, idsOf, type ScriptName, textOf } from './scripts.js';
import { Gathering } from './gathering.js';
import { FeedRedis } from './redis.js';
import { RedisAway } from './redis-link.js';
import { keys, type Id } from '@app/platform';

const DAY = 24 * 60 * 60;
/** Posts, and users, in the client-side cache, about 300 bytes each. */
const KEPT = 50_000;
/** Lifetime of counts that nobody loads again, in seconds. */
const KEPT_FOR = 7 * DAY;
const GONE_FOR = DAY;
/** An unfinished load expires after this, in seconds. */
const UNFINISHED_FOR = 10;
/** Reads of a row that keeps changing, before its counts are written despite one more change. */
const READS = 3;

/** How one kind of subject is cached. */
export interface Kind<Row extends { id: Id }> {
  key: 'post' | 'user';
  /** Returns one string per subject: its values, `gone`, or `''`. */
  script: ScriptName;
  /** The values kept of a row, in this order: counts, versions and ids, no text. */
  values: (row: Row) => (string | number)[];
  /** Parses the script's answer for a cached subject. */
  parse: (id: Id, values: string[]) => Row;
  /** The part of the row that changes only with its own key. */
  near: (row: Row) => Row;
  read: (ids: readonly Id[]) => Promise<Row[]>;
}

/** One kind's counts in Redis, and the operations of the protocol that `Counts` describes. */
export class CachedCounts<Row extends { id: Id }> {
  private readonly reads = cacheReads('counts');
  private readonly gathering = new Gathering<Id, Map<Id, Row>>((ids) => this.read(ids));

  /** Null: it is deleted. */
  private readonly kept: CacheSection<Row | null>;

  constructor(
    private readonly redis: FeedRedis,
    private readonly clientCache: ClientSideCache,
    private readonly kind: Kind<Row>,
  ) {
    this.kept = clientCache.keep([kind.key], KEPT);
  }

  /**
   * Many rows in one round trip; loads absent ones, leaves out deleted ones. PostgreSQL answers when Redis cannot. With a
   * `since`, rows in the client-side cache need no round trip.
   */
  async of(ids: readonly Id[], since?: ReadSince): Promise<Map<Id, Row>> {
    const found = new Map<Id, Row>();
    if (ids.length === 0) return found;
    const far =
      since !== undefined && (await this.clientCache.current(since)) ? this.takeNear(ids, found) : ids;
    this.reads.near.inc(ids.length - far.length);
    if (far.length === 0) return found;
    const all = await this.gathering.of(far);
    for (const id of far) {
      const row = all.get(id);
      if (row) found.set(id, row);
    }
    return found;
  }

  /** Returns those that are not in the client-side cache. */
  private takeNear(ids: readonly Id[], found: Map<Id, Row>): Id[] {
    const far: Id[] = [];
    for (const id of ids) {
      const row = this.kept.get(id);
      if (row === undefined) far.push(id);
      else if (row) found.set(id, row);
    }
    return far;
  }

  private async read(ids: readonly Id[]): Promise<Map<Id, Row>> {
    const found = new Map<Id, Row>();
    // PostgreSQL answers when Redis cannot.
    const absent = await this.cached(ids, found).catch(() => null);
    const missed = (absent ?? ids).length;
    this.reads.redis.inc(ids.length - missed);
    this.reads.postgres.inc(missed);
    const rows = absent ? await this.load(absent) : await this.kind.read(ids);
    for (const row of rows) found.set(row.id, row);
    return found;
  }

  /** Fills in the cached rows and returns the absent ids. @throws RedisAway */
  private async cached(ids: readonly Id[], found: Map<Id, Row>): Promise<Id[]> {
    const absent: Id[] = [];
    const keep = new Map(ids.map((id) => [id, this.kept.filling(id)]));
    await this.each(this.kind.script, ids, [], (group, answer) => {
      const texts = textOf(answer).split(' ');
      group.forEach((id, index) => {
        const text = texts[index] ?? '';
        const row = text === '' || text === 'gone' ? null : this.kind.parse(id, text.split(','));
        if (text === '') absent.push(id);
        else keep.get(id)?.(row && this.kind.near(row));
        if (row) found.set(id, row);
      });
    });
    return absent;
  }

  /** Reads absent rows from PostgreSQL and caches them; returns them even if caching fails. */
  private async load(ids: readonly Id[]): Promise<Row[]> {
    if (ids.length === 0) return [];
    const token = freshToken();
    // When `begin` fails, the rows are still read, but not installed.
    const begun = await this.begin(token, 'load', ids).then(
      () => true,
      () => false,
    );
    const rows = await this.kind.read(ids);
    if (begun) await this.install(token, ids, rows).catch(ignoreAway);
    return rows;
  }

  /** Overwrites cached rows with those of PostgreSQL. @throws RedisAway */
  async settle(ids: readonly Id[]): Promise<void> {
    const token = freshToken();
    await this.begin(token, 'settle', ids);
    await this.install(token, ids, await this.kind.read(ids));
  }

  /** `place`: the value's position, from 1. Returns false when Redis could not be reached. */
  async add(id: Id, place: number, delta: number): Promise<boolean> {
    try {
      await this.redis.run('counts-changed', [keys[this.kind.key](this.redis.epoch, id)], [place, delta]);
      return true;
    } catch {
      return false;
    }
  }

  private begin(token: string, how: 'load' | 'settle', ids: readonly Id[]): Promise<void> {
    return this.each('counts-begin', ids, [token, how, UNFINISHED_FOR]);
  }

  private async install(token: string, ids: readonly Id[], rows: readonly Row[]): Promise<void> {
    let [asked, answered] = [ids, rows];
    for (let reads = 1; asked.length > 0; reads += 1) {
      asked = await this.write(token, asked, answered, reads >= READS);
      if (asked.length > 0) answered = await this.kind.read(asked);
    }
  }

  /** Returns the ids that changed since they were read. */
  private async write(
    token: string,
    ids: readonly Id[],
    rows: readonly Row[],
    force: boolean,
  ): Promise<Id[]> {
    const { epoch } = this.redis;
    const { values, key } = this.kind;
    const texts = new Map(rows.map((row) => [row.id, values(row).join(',')]));
    const calls = this.redis
      .groups(ids, (id) => id)
      .map(async (group) => {
        const head = [token, force ? 1 : 0, KEPT_FOR, GONE_FOR];
        const written = group.map((id) => keys[key](epoch, id));
        const changed = idsOf(
          await this.redis.run('counts-install', written, [
            ...head,
            ...group.map((id) => texts.get(id) ?? ''),
          ]),
        );
        return changed.flatMap((position) => group[Number(position) - 1] ?? []);
      });
    return (await Promise.all(calls)).flat();
  }

  private async each(
    script: ScriptName,
    ids: readonly Id[],
    args: (string | number)[],
    take: (group: Id[], answer: unknown) => void = () => undefined,
  ): Promise<void> {
    const { epoch } = this.redis;
    const calls = this.redis
      .groups(ids, (id) => id)
      .map(async (group) => {
        const taken = group.map((id) => keys[this.kind.key](epoch, id));
        take(group, await this.redis.run(script, taken, args));
      });
    await Promise.all(calls);
  }
}

function ignoreAway(error: unknown): void {
  if (!(error instanceof RedisAway)) throw error;
}
