import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, gauge, histogram, keyMark, limits, storeNames, version } from '@app/platform';
import type { Config, Heard, Heartbeat, StoreName } from '@app/platform';
import type { RedisProbe } from '@app/feed';
import type { ObjectStore, PostgresProbe, StoreHealth } from '@app/storage';
import { ErrorReports, PROCESS_KIND } from './errors/error-reports.js';
import { Neighbours, type Reach } from './neighbours.js';
import { PATIENCE, StoreWatch, StoreWrong, works, type Sight } from './sight.js';

/** Milliseconds between checks, each with a heartbeat. */
const BEAT = 2_000;
/** A request triggers a check only if the last one is older, so that requests cannot be used for an attack. */
const BELIEVED = 500;
/** How long a request waits for a running check; a balancer's check must be answered even when a store hangs. */
const QUICK = 400;

/** Up to so many processes read each other's heartbeats with each beat; a hundred do so every 10 s. */
const READ_AT_EACH_BEAT = 20;

/**
 * How often each of so many processes reads the heartbeats of all, in milliseconds, while no store is lost: if all did with
 * each beat, the reading would grow with their square.
 */
export const readEvery = (processes: number): number =>
  Math.max(1, Math.floor(processes / READ_AT_EACH_BEAT)) * BEAT;

export const PROBES = Symbol('PROBES');

export interface Probes {
  database: PostgresProbe;
  redis: RedisProbe;
  /** Null if the queues are on the same server. */
  queue: RedisProbe | null;
  objects: ObjectStore;
}

/** A store as this process sees it, and which other processes have lost it. */
export interface Part extends Sight {
  reach?: Reach;
}

const MiB = 1024 * 1024;

/** Checks every store on separate connections, reports the results to the other processes, and receives theirs. */
@Injectable()
export class Dependencies {
  readonly heartbeat: Heartbeat;
  private readonly neighbours: Neighbours;
  private readonly watches: ReadonlyMap<StoreName, StoreWatch>;
  /** The last heartbeats received, by store. */
  private readonly heard = new Map<StoreName, readonly Heard[]>();
  private readonly lost = new Set<StoreName>();
  private room: StoreHealth | null = null;
  private missing: string[] = [];
  private lookedAt = -Infinity;
  private heardAt = -Infinity;
  /** Whether this check reads the others' heartbeats, and whether the next one has to. */
  private hears = true;
  private mustHear = true;
  private looking: Promise<void> | null = null;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    @Inject(PROBES) private readonly probes: Probes,
    @Inject(PROCESS_KIND) kind: Heartbeat['kind'],
    @Inject(CONFIG) config: Config,
    private readonly errors: ErrorReports,
  ) {
    const metrics = kind === 'api' ? config.METRICS_ADDR : config.WORKER_METRICS_ADDR;
    // A process that listens on all addresses, as in a container, is reached by its host's name: 0.0.0.0 would lead others to themselves.
    const reachedBy = metrics.host === '0.0.0.0' ? hostname() : metrics.host;
    this.heartbeat = {
      kind,
      metrics: `${reachedBy}:${metrics.port}`,
      objectStores: config.S3_BUCKET ? ['disk', 's3'] : ['disk'],
      keys: {
        TOKEN_KEYS: config.TOKEN_KEYS.map(keyMark),
        MEDIA_KEYS: config.MEDIA_KEYS.map(keyMark),
      },
      id: randomBytes(9).toString('base64url'),
      beat: 0,
      host: hostname(),
      pid: process.pid,
      version,
      startedAt: new Date(Date.now() - process.uptime() * 1000).toISOString(),
      sees: {},
    };
    this.neighbours = new Neighbours(this.heartbeat);
    const questions: Record<StoreName, (() => Promise<void>) | null> = {
      database: () => this.askDatabase(),
      redis: async () => this.hear('redis', await probes.redis.beat(this.heartbeat, this.hears)),
      queue: probes.queue ? () => probes.queue?.look() ?? Promise.resolve() : null,
      objects: () => this.askObjects(),
    };
    this.watches = new Map(
      storeNames.flatMap((name) => {
        const question = questions[name];
        const took = histogram('narwhal_store_seconds').labels({ store: name });
        return question ? [[name, new StoreWatch(name, question, (seconds) => took.observe(seconds))]] : [];
      }),
    );
  }

  private async askDatabase(): Promise<void> {
    this.missing = await this.probes.database.behind();
    if (this.missing.length > 0)
      throw new StoreWrong(`its schema lacks ${this.missing.length} of our migrations (npm run migrate)`);
    this.hear('database', await this.probes.database.beat(this.heartbeat, this.hears));
  }

  private async askObjects(): Promise<void> {
    const late = sleep(PATIENCE, null, { ref: false }).then(() => {
      throw new Error('did not answer in time');
    });
    // A reading from before a fault says nothing about the disk now.
    const room = await Promise.race([this.probes.objects.check(), late]).finally(() => (this.room = null));
    this.room = room;
    const { freeBytes } = room;
    if (freeBytes !== null && freeBytes < limits.photo.freeBytes)
      throw new StoreWrong(`its disk has ${Math.floor(freeBytes / MiB)} MiB left`);
  }

  private hear(store: StoreName, heard: readonly Heard[] | null): void {
    if (!heard) return;
    this.heard.set(store, heard);
    this.neighbours.hear(heard, this.lost);
  }

  start(): void {
    this.timer = setInterval(() => void this.look(), BEAT);
    void this.look();
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    const { database, redis, queue } = this.probes;
    const left = Promise.allSettled([database.leave(this.heartbeat.id), redis.leave(this.heartbeat.id)]);
    await Promise.race([left, sleep(PATIENCE)]);
    redis.close();
    queue?.close();
    await Promise.race([database.close(), sleep(PATIENCE)]);
  }

  private look(): Promise<void> {
    this.looking ??= this.lookAtAll().finally(() => (this.looking = null));
    return this.looking;
  }

  private async lookAtAll(): Promise<void> {
    this.heartbeat.beat += 1;
    const most = Math.max(0, ...[...this.heard.values()].map((heard) => heard.length));
    const isOld = performance.now() - this.heardAt > readEvery(most) - BELIEVED;
    this.hears = this.mustHear || this.lost.size > 0 || isOld;
    this.mustHear = false;
    const each = [...this.watches.values()].map(async (watch) => {
      await watch.look();
      this.note(watch);
    });
    await Promise.all(each);
    this.lookedAt = performance.now();
    if (this.hears) this.heardAt = this.lookedAt;
  }

  /** The next check reads the others' heartbeats, too: for people who ask. */
  hearAll(): void {
    this.mustHear = true;
    this.lookedAt = Math.min(this.lookedAt, performance.now() - BELIEVED - 1);
  }

  private note({ name, sight }: StoreWatch): void {
    if (!sight) return;
    if (this.heartbeat.sees[name] !== sight.state)
      this.errors.note('store', `${name} is ${sight.state}`, sight.state === 'ok' ? 'info' : 'warning');
    this.heartbeat.sees[name] = sight.state;
    gauge('narwhal_store_up').set({ store: name }, works(sight.state) ? 1 : 0);
    if (works(sight.state)) this.lost.delete(name);
    else if (!this.lost.has(name)) {
      this.lost.add(name);
      this.neighbours.lost(name);
    }
  }

  /** The known state of every store; checks again when the last check is old, but does not wait for a store that hangs. */
  async parts(): Promise<Partial<Record<StoreName, Part>>> {
    if (performance.now() - this.lookedAt > BELIEVED) {
      const first = this.lookedAt === -Infinity;
      await Promise.race([this.look(), sleep(first ? PATIENCE : QUICK, null, { ref: false })]);
    }
    return Object.fromEntries(
      [...this.watches].map(([name, { sight }]) => {
        const part = sight ?? {
          state: 'down',
          why: 'it has not been checked yet',
          milliseconds: 0,
          since: new Date(),
        };
        return [name, works(part.state) ? part : { ...part, reach: this.neighbours.reach(name) }];
      }),
    );
  }

  /** Migrations that the database lacks. */
  get behind(): readonly string[] {
    return this.missing;
  }

  get disk(): StoreHealth | null {
    return this.room;
  }

  /** Every process known to a reachable store, with its newest beat; oldest first. */
  get processes(): Heard[] {
    const newest = new Map<string, Heard>();
    for (const [store, heard] of this.heard) {
      // The last heartbeats from a lost store stop ageing here, so their processes would seem to live on.
      if (this.lost.has(store)) continue;
      for (const one of heard) {
        const known = newest.get(one.heartbeat.id);
        if (!known || one.heartbeat.beat > known.heartbeat.beat) newest.set(one.heartbeat.id, one);
      }
    }
    return [...newest.values()].toSorted((a, b) =>
      a.heartbeat.startedAt.localeCompare(b.heartbeat.startedAt),
    );
  }
}
