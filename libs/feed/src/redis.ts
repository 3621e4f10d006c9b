import { Injectable } from '@nestjs/common';
import { beginSpan, bucketOf, counter, until, type Id } from '@app/platform';
import { readsFromReplica } from '@app/storage';
import { RedisEpoch } from './epoch.js';
import { type Argument, RedisAway, RedisLink } from './redis-link.js';
import type { ScriptName } from './scripts.js';

/** How often a connection's epoch is looked up again, in milliseconds. */
const LOOK_EVERY = 2_000;
/** How often a server that did not answer in time, or whose epoch is unknown, is tried again, in milliseconds. */
const PROBE_EVERY = 200;

/** Most keys of one script call: 500 insertions take Redis about 1 ms, during which it serves nothing else. */
const MOST_KEYS = 500;

/** Commands that store what PostgreSQL answered. */
const storing: ReadonlySet<ScriptName> = new Set([
  'counts-install',
  'feed-install',
  'marks-install',
  'relations-fill',
]);

/** Work that must finish before anything is read from Redis again. */
export interface Settlement {
  readonly size: number;
  /** @throws when it cannot be done yet */
  settle(): Promise<void>;
}

/**
 * Redis as the rest of this library sees it: there, or away. It is away while the connection is down, while its epoch is
 * unknown, after a command that took longer than the budget, until it answers again (so a server that hangs costs one budget,
 * not one per request), and while invalidations of this process are pending.
 */
@Injectable()
export class FeedRedis {
  private hangs = false;
  private learning: Promise<void> | null = null;
  private timer: NodeJS.Timeout | undefined;
  private awaySince: number | null = performance.now();
  private renewedWhileAway = false;
  private readonly debts: Settlement[] = [];
  private retry: NodeJS.Timeout | undefined;

  constructor(
    private readonly link: RedisLink,
    private readonly epochs: RedisEpoch,
  ) {
    link.on('up', () => void this.recover());
    link.on('down', () => {
      epochs.forget();
      this.away();
    });
  }

  /** Whether Redis may be read: it is reachable, and no invalidation is pending. */
  get available(): boolean {
    return this.awaySince === null && this.isReached;
  }

  private get isReached(): boolean {
    return this.link.isUp && !this.hangs && this.epochs.current !== null;
  }

  /** How long Redis has been away, in milliseconds; 0 when it is there. */
  get awayFor(): number {
    return this.awaySince === null ? 0 : performance.now() - this.awaySince;
  }

  /**
   * The epoch for the keys of the next command. Read it and send the command in the same turn of the event loop: after an await
   * the connection may be another one.
   *
   * @throws RedisAway
   */
  get epoch(): string {
    const epoch = this.epochs.current;
    if (epoch === null || !this.available) throw new RedisAway();
    return epoch;
  }

  /** Connects and waits up to `patience`; continues without Redis when it does not answer. */
  async start(patience = 2_000): Promise<void> {
    this.timer = setInterval(() => void this.recover(), LOOK_EVERY);
    this.timer.unref();
    this.link.connect();
    const deadline = performance.now() + patience;
    while (!this.available && performance.now() < deadline) await pause(10);
  }

  stop(): void {
    clearInterval(this.timer);
    clearTimeout(this.retry);
    this.link.close();
  }

  /** Begins a new epoch; only once while Redis cannot be reached. */
  async renew(): Promise<void> {
    if (this.renewedWhileAway) return;
    await this.beginEpoch();
    this.renewedWhileAway = this.hangs || !this.link.isUp;
    await this.recover();
  }

  /** See `RedisEpoch.renew`. Redis stays away until the new epoch is known. */
  async beginEpoch(): Promise<void> {
    await this.epochs.renew();
  }

  /**
   * Call it after a commit, before a write to Redis that nobody repeats: it makes sure that readers will find the write. A
   * cluster changes its primaries without breaking our connections, and sentinels may reach one process before another, so
   * processes notice a new epoch at different times; if it
   * began before the commit, another process may have built keys in it that lack the change. (Keys built after the commit have
   * it.) While Redis is away it checks nothing: the write fails anyhow.
   *
   * @throws RedisAway: repeat it
   */
  async confirm(): Promise<void> {
    if (!this.available || (await this.epochs.isPresent())) return;
    this.epochs.forget();
    await this.recover();
    if (this.available && !(await this.epochs.isPresent())) throw new RedisAway();
  }

  /** Whether several processes may know different epochs: see `confirm`. */
  get failsOver(): boolean {
    return this.link.failsOver;
  }

  /** Registers work to settle whenever Redis has come back, before anything is read from it. */
  settleBeforeReads(debts: Settlement): void {
    this.debts.push(debts);
  }

  /** Counts Redis as away until the registered work is settled. */
  holdReads(): void {
    this.away();
    this.recoverSoon();
  }

  /**
   * Runs a Lua command on keys of one group; strings in its answer are Buffers. It stores no answer of a replica of PostgreSQL.
   *
   * @throws RedisAway, whatever the reason; `cause` names it
   */
  run(name: ScriptName, keys: readonly string[], args: readonly Argument[]): Promise<unknown> {
    if (storing.has(name) && readsFromReplica()) return Promise.reject(new RedisAway());
    return until(
      beginSpan('redis', name),
      this.guard(() => this.link.run(name, keys, args)),
    );
  }

  /**
   * Runs a command whose answer nobody needs, even while Redis seems to hang: Redis reads it when it resumes. `keysOf` gets the
   * current epoch, or the last known one.
   *
   * @throws RedisAway: the command may have run or not
   */
  async tell(
    name: ScriptName,
    keysOf: (epoch: string) => string[],
    args: readonly Argument[],
  ): Promise<void> {
    const epoch = this.epochs.current;
    if (epoch === null || !this.link.isUp) throw new RedisAway();
    await until(
      beginSpan('redis', name),
      this.attempt(() => this.link.run(name, keysOf(epoch), args)),
    );
  }

  get(key: string): Promise<string | null> {
    return until(
      beginSpan('redis', 'GET'),
      this.guard(() => this.link.get(key)),
    );
  }

  set(key: string, value: string, seconds: number, onlyIfAbsent = false): Promise<void> {
    return until(
      beginSpan('redis', 'SET'),
      this.guard(() => this.link.set(key, value, seconds, onlyIfAbsent)),
    );
  }

  /** Notifies the current listeners; @throws RedisAway */
  publish(channel: string, message: string): Promise<void> {
    return until(
      beginSpan('redis', 'PUBLISH'),
      this.guard(() => this.link.publish(channel, message)),
    );
  }

  /** Splits things into groups whose keys one script call may take: by bucket on a cluster, otherwise only by number. */
  groups<Thing>(things: readonly Thing[], idOf: (thing: Thing) => Id, most = MOST_KEYS): Thing[][] {
    if (!this.link.isCluster) return chunks(things, most);
    const buckets = new Map<number, Thing[]>();
    for (const thing of things) {
      const bucket = bucketOf(idOf(thing));
      const group = buckets.get(bucket);
      if (group) group.push(thing);
      else buckets.set(bucket, [thing]);
    }
    return [...buckets.values()].flatMap((group) => chunks(group, most));
  }

  /**
   * Runs `send`, whichever connection it uses.
   *
   * @throws RedisAway, whatever the reason; `cause` names it
   */
  async guard<Result>(send: () => Promise<Result>): Promise<Result> {
    if (!this.available) throw new RedisAway();
    return this.attempt(send);
  }

  private async attempt<Result>(send: () => Promise<Result>): Promise<Result> {
    try {
      return await send();
    } catch (error) {
      const late = error instanceof Error && error.message === 'Command timed out';
      counter('narwhal_redis_fallbacks_total').inc({ reason: late ? 'late' : 'failed' });
      if (late) this.suspect();
      throw new RedisAway(error);
    }
  }

  private suspect(): void {
    if (this.hangs) return;
    this.hangs = true;
    this.away();
    setTimeout(() => void this.probe(), PROBE_EVERY).unref();
  }

  private async probe(): Promise<void> {
    try {
      await this.link.ping();
      this.hangs = false;
      await this.recover();
    } catch {
      if (this.link.isUp) setTimeout(() => void this.probe(), PROBE_EVERY).unref();
      else this.hangs = false;
    }
  }

  private away(): void {
    this.awaySince ??= performance.now();
  }

  /** Settles pending work; nothing else runs between the last check and the first read. */
  private async comeBack(): Promise<boolean> {
    while (this.isReached) {
      const debts = this.debts.find(({ size }) => size > 0);
      if (!debts) {
        this.awaySince = null;
        this.renewedWhileAway = false;
        return true;
      }
      this.away();
      await debts.settle();
    }
    return false;
  }

  /** Looks up the epoch of this connection; retries while the connection is up. */
  private recover(): Promise<void> {
    this.learning ??= this.learn().finally(() => (this.learning = null));
    return this.learning;
  }

  private async learn(): Promise<void> {
    if (!this.link.isUp || this.hangs) return;
    try {
      await this.epochs.learn(this.link);
    } catch {
      // The known epoch stays, or none is known and Redis stays away.
    }
    // Unsettled work stays pending and is retried soon.
    const isBack = await this.comeBack().catch(() => false);
    if (!isBack) this.recoverSoon();
  }

  private recoverSoon(): void {
    this.retry ??= setTimeout(() => {
      this.retry = undefined;
      void this.recover();
    }, PROBE_EVERY).unref();
  }
}

function chunks<Thing>(things: readonly Thing[], most: number): Thing[][] {
  const parts: Thing[][] = [];
  for (let from = 0; from < things.length; from += most) parts.push(things.slice(from, from + most));
  return parts;
}

const pause = (milliseconds: number): Promise<void> => new Promise((done) => setTimeout(done, milliseconds));
