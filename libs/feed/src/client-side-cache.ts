import { setImmediate } from 'node:timers';
import { Injectable } from '@nestjs/common';
import { counter, keyParts, type ValueSeries, type Id } from '@app/platform';
import { LRUCache } from 'lru-cache';
import { TrackingConnection } from './tracking-connection.js';
import { FeedRedis } from './redis.js';

/** The source of an answer: this process's memory, Redis, or PostgreSQL because neither had it. */
type AnsweredFrom = 'near' | 'redis' | 'postgres';

/** Counts the reads of one cache. Its series are bound here, because these are the most frequent reads. */
export function cacheReads(
  cache: 'session' | 'feed' | 'marks' | 'counts' | 'post',
): Record<AnsweredFrom, ValueSeries> {
  const from = (answered: AnsweredFrom) =>
    counter('narwhal_cache_reads_total').labels({ cache, from: answered });
  return { near: from('near'), redis: from('redis'), postgres: from('postgres') };
}

/** An entry that is never dropped would never prolong its key's life in Redis either. In milliseconds. */
const KEPT_FOR = 60 * 60 * 1000;

/** `performance.now()` when a request arrived: any state from after that time is fresh enough for its answer. */
export type ReadSince = number;

/** Redis's answers for one kind of thing, by id, each until one of its keys changes. */
export class CacheSection<Value> {
  private readonly entries: LRUCache<Id, { value: Value | undefined }>;

  constructor(
    private readonly mayKeep: () => boolean,
    most: number,
  ) {
    this.entries = new LRUCache({ max: most });
  }

  /** Valid only if `current` returned true: call that first. */
  get(id: Id): Value | undefined {
    return this.entries.get(id)?.value;
  }

  /**
   * Call it before Redis is read; the function that it returns takes Redis's answer. A change in between, which this process
   * may receive before or after the answer, removes the entry that waits for the value.
   */
  filling(id: Id): (value: Value) => void {
    if (!this.mayKeep()) return () => undefined;
    const entry: { value: Value | undefined } = { value: undefined };
    this.entries.set(id, entry);
    return (value) => {
      entry.value = value;
    };
  }

  drop(id: Id): void {
    this.entries.delete(id);
  }

  clear(): void {
    this.entries.clear();
  }
}

const turn = (): Promise<void> => new Promise((over) => setImmediate(over));

/**
 * A cache of what this process has read from Redis, so that a page of a feed needs only one question to Redis: "has anything
 * changed?". Redis remembers what was read and reports each change once (docs/decisions/0012); `current` waits until all
 * changes that were made before the call have arrived, so nothing is older than the request it serves.
 */
@Injectable()
export class ClientSideCache {
  private readonly kinds = new Map<string, CacheSection<unknown>[]>();
  private epoch = '';
  /** When the last answered fence was sent. */
  private fencedAt = -Infinity;
  /** The fence that has not been sent yet, and the one before it. */
  private next: Promise<boolean> | null = null;
  private before: Promise<boolean> = Promise.resolve(true);
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly redis: FeedRedis,
    private readonly tracking: TrackingConnection,
  ) {}

  start(): void {
    this.tracking.start((changed) => this.forget(changed));
    this.timer = setInterval(() => this.clear(), KEPT_FOR);
    this.timer.unref();
  }

  stop(): void {
    clearInterval(this.timer);
    this.tracking.stop();
  }

  get isUp(): boolean {
    return this.tracking.isUp;
  }

  /** `kinds`: the keys (see keys.ts) that a value cached under an id depends on; all of them are named after that id. */
  keep<Value>(kinds: readonly string[], most: number): CacheSection<Value> {
    const kept = new CacheSection<Value>(() => this.isUp, most);
    for (const kind of kinds)
      this.kinds.set(kind, [...(this.kinds.get(kind) ?? []), kept as CacheSection<unknown>]);
    return kept;
  }

  /** Whether everything cached is as Redis had it at some time after `since`; false when that cannot be known. */
  current(since: ReadSince): boolean | Promise<boolean> {
    if (!this.tracking.isUp || !this.redis.available || this.redis.epoch !== this.epoch) return this.afresh();
    if (this.fencedAt >= since) return true;
    return (this.next ??= this.fence());
  }

  /** One fence for all requests that arrived while the previous one was in flight: it is sent after the last of them. */
  private fence(): Promise<boolean> {
    this.before = this.before.then(turn).then(() => this.ask());
    return this.before;
  }

  private async ask(): Promise<boolean> {
    this.next = null;
    const asked = performance.now();
    try {
      await this.redis.guard(() => this.tracking.fence());
      this.fencedAt = asked;
      return true;
    } catch {
      return false;
    }
  }

  /** Keys of another epoch say nothing about this one's. */
  private afresh(): false {
    if (this.redis.available && this.redis.epoch !== this.epoch) {
      this.clear();
      this.epoch = this.redis.epoch;
    }
    return false;
  }

  private forget(changed: readonly Buffer[] | null): void {
    if (!changed) return this.clear();
    for (const key of changed) {
      const { kind, id } = keyParts(key.toString('latin1'));
      for (const kept of this.kinds.get(kind) ?? []) kept.drop(id);
    }
  }

  private clear(): void {
    this.fencedAt = -Infinity;
    for (const kept of new Set([...this.kinds.values()].flat())) kept.clear();
  }
}
