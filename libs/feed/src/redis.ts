import { Injectable } from '@nestjs/common';
import { beginSpan, bucketOf, counter, until, type Id } from '@app/platform';
import { RedisEpoch } from './epoch.js';
import { RedisAway } from './redis-away.js';
import { RedisLink, type Argument } from './redis-link.js';
import type { ScriptName } from './scripts.js';

/** How often a connection's epoch is looked up again, in milliseconds. */
const LOOK_EVERY = 2_000;
/** How often a server that did not answer in time, or whose epoch is unknown, is asked again, in milliseconds. */
const PROBE_EVERY = 200;

/** Most keys of one script call: 500 insertions take Redis about 1 ms, in which nobody else is served. */
const MOST_KEYS = 500;

/** What has to be done before anything is read of Redis again. */
export interface Settlement {
  readonly size: number;
  /** @throws when it cannot be done yet */
  settle(): Promise<void>;
}

/**
 * Redis as the rest of this library sees it: there, or away. It is away while the connection is down, while its epoch is
 * unknown, after a command that took longer than the budget, until it answers again (so a server that hangs costs one
 * budget, not one a request), and while invalidations of this process are pending.
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

  /** Whether it may be read: it is reached, and nothing is pending that it has to be told before. */
  get available(): boolean {
    return this.awaySince === null && this.isReached;
  }

  private get isReached(): boolean {
    return this.link.isUp && !this.hangs && this.epochs.current !== null;
  }

  /** For how long Redis has been away, in milliseconds; 0 when it is there. */
  get awayFor(): number {
    return this.awaySince === null ? 0 : performance.now() - this.awaySince;
  }

  /**
   * The epoch for the keys of the next command. Take it and send the command in the same turn of the loop: after an
   * await the connection may be another one.
   *
   * @throws RedisAway
   */
  get epoch(): string {
    const epoch = this.epochs.current;
    if (epoch === null || !this.available) throw new RedisAway();
    return epoch;
  }

  /** Connects and waits a moment; goes on without Redis when it does not come. */
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

  /** Begins a new epoch; while Redis cannot be reached, once. */
  async renew(): Promise<void> {
    if (this.renewedWhileAway) return;
    await this.beginEpoch();
    this.renewedWhileAway = this.hangs || !this.link.isUp;
    await this.recover();
  }

  /** See `RedisEpoch.renew`. It has to be learnt before Redis is there again. */
  async beginEpoch(): Promise<void> {
    await this.epochs.renew();
  }

  /**
   * To be asked after a commit, before what follows from it is written here by somebody whom nobody repeats: that it goes
   * where readers will look. A cluster changes its primaries without breaking our connections, so processes learn of a new
   * epoch at different moments; of one that began before the commit another process may have built keys that lack what was
   * committed. (What was built after the commit has it.) While Redis is away nothing is asked: writing fails anyhow.
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
  get isCluster(): boolean {
    return this.link.isCluster;
  }

  /** What has to be settled whenever Redis has come back, before anything is read of it. */
  settleBeforeReads(debts: Settlement): void {
    this.debts.push(debts);
  }

  /** Counts Redis as away until what has to be settled before reads is settled. */
  holdReads(): void {
    this.away();
    this.recoverSoon();
  }

  /**
   * Runs a Lua command on keys of one group; texts in its answer are Buffers.
   *
   * @throws RedisAway, whatever the reason; `cause` names it
   */
  run(name: ScriptName, keys: readonly string[], args: readonly Argument[]): Promise<unknown> {
    return until(
      beginSpan('redis', name),
      this.guard(() => this.link.run(name, keys, args)),
    );
  }

  /**
   * Runs a command whose answer nobody needs, also while Redis seems to hang: it reads it when it goes on. `keysOf`: of
   * the epoch that is known, or was last known.
   *
   * @throws RedisAway: it may have been carried out or not
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

  /** Tells who listens now; @throws RedisAway */
  publish(channel: string, message: string): Promise<void> {
    return until(
      beginSpan('redis', 'PUBLISH'),
      this.guard(() => this.link.publish(channel, message)),
    );
  }

  /** Parts things into groups whose keys one script call may take: by bucket on a cluster, else only not too many. */
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
   * Sends something to the server, whichever connection it takes.
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

  /** Settles what is pending; between the last look and the first read nothing else runs. */
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

  /** Learns the epoch of this connection; tries again while the connection is up. */
  private recover(): Promise<void> {
    this.learning ??= this.learn().finally(() => (this.learning = null));
    return this.learning;
  }

  private async learn(): Promise<void> {
    if (!this.link.isUp || this.hangs) return;
    try {
      await this.epochs.learn(this.link);
    } catch {
      // What was known stays, or nothing is known and Redis stays away.
    }
    // What could not be settled stays pending, and is tried again soon.
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
