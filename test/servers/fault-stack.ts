import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import type pg from 'pg';
import { freePort } from '../../tools/dev/ports.ts';
import { Application } from '../harness/application.js';
import { cable, type Cable } from '../harness/cable.js';
import { servers } from '../harness/servers.js';
import { settingsOf } from '../harness/settings.js';
import { mayMount, SmallDisk } from '../harness/small-disk.js';
import { Tunnel } from '../harness/tunnel.js';
import { askOnce, migrate, mortalPostgres, mortalRedis, type MortalServer } from './mortal-servers.js';

/**
 * A whole Narwhal whose every part may be killed, suspended and cut off: two apis, a worker, its own PostgreSQL and Redis.
 * The first api and the worker reach both servers by cables, the second api directly. The applications write to a small disk,
 * where one may be mounted.
 */
export class FaultStack {
  private constructor(
    private readonly stores: { postgres: MortalServer; redis: MortalServer; disk: SmallDisk | null },
    readonly cables: readonly Cable[],
    readonly apis: readonly [Application, Application],
    readonly worker: Application,
    /** To both apis in turn. */
    readonly tunnel: Tunnel,
  ) {}

  static async start(): Promise<FaultStack> {
    const name = `fault-stack-${randomBytes(4).toString('hex')}`;
    const folder = join(servers().folder, name);
    mkdirSync(folder);
    const disk = mayMount ? await SmallDisk.mount(folder) : null;
    const [postgres, redis] = await Promise.all([mortalPostgres(name), mortalRedis(name)]);
    migrate(postgres);
    const cables = [await cable(postgres.url), await cable(redis.url)] as const;
    const port = await freePort();
    const direct = settingsOf({
      databaseUrl: postgres.url,
      redisUrl: redis.url,
      publicUrl: `http://127.0.0.1:${port}`,
      folder,
    });
    const byCable = { ...direct, DATABASE_URL: cables[0].url, REDIS_URL: cables[1].url };
    const make = async (
      kind: 'api' | 'worker',
      label: string,
      settings: Record<string, string>,
      at?: number,
    ) =>
      new Application({
        name: kind,
        port: at ?? (await freePort()),
        metricsPort: await freePort(),
        settings,
        logFile: join(disk?.outside ?? folder, `${label}.log`),
        prefix: disk?.prefix ?? [],
      });
    const apis = [await make('api', 'api-0', byCable, port), await make('api', 'api-1', direct)] as const;
    const worker = await make('worker', 'worker', byCable);
    await Promise.all([...apis, worker].map((one) => one.start()));
    const tunnel = await Tunnel.open(apis.map(({ url }) => url));
    return new FaultStack({ postgres, redis, disk }, cables, [...apis], worker, tunnel);
  }

  get folder(): string {
    return servers().folder;
  }

  get postgres(): MortalServer {
    return this.stores.postgres;
  }

  get redis(): MortalServer {
    return this.stores.redis;
  }

  /** Used by the applications alone. */
  get disk(): SmallDisk {
    if (!this.stores.disk) throw new Error('expected to be allowed to mount a disk');
    return this.stores.disk;
  }

  /** The URLs for clients: of the first api, and of a network to either api that may be cut. */
  get urls(): string[] {
    return [this.apis[0].url, this.tunnel.url];
  }

  query<Row extends pg.QueryResultRow>(sql: string): Promise<Row[]> {
    return askOnce<Row>(this.postgres.operatorUrl, sql);
  }

  /** Sends a command to Redis. */
  async command(...words: [string, ...string[]]): Promise<void> {
    const redis = new Redis(this.redis.operatorUrl).on('error', () => undefined);
    try {
      await redis.call(...words);
    } finally {
      redis.disconnect();
    }
  }

  /** Settles once every process reports that it is ready. */
  async ready(patience: number): Promise<void> {
    const deadline = Date.now() + patience;
    for (const application of [...this.apis, this.worker]) {
      while (!(await application.isReady())) {
        if (Date.now() > deadline) throw new Error(`expected ${application.readyUrl} to answer 200`);
        await sleep(50);
      }
    }
  }

  async stop(): Promise<void> {
    await Promise.all([...this.apis, this.worker].map((one) => one.stop()));
    await Promise.all([this.tunnel.close(), ...this.cables.map((one) => one.close())]);
    await Promise.all([this.postgres.stop(), this.redis.stop(), this.stores.disk?.stop()]);
  }
}
