import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../tools/dev/ports.ts';
import { Application } from './application.js';
import { freshDatabase, type TestDatabase } from './database.js';
import { patient } from './pace.js';
import { untilQuiet } from './quiet.js';
import { ownRedis, type OwnRedis } from './redis.js';
import { servers } from './servers.js';
import { settingsOf } from './settings.js';

export interface StackOptions {
  /** The number of processes of each; defaults to one. */
  api?: number;
  worker?: number;
  /** The name in PUBLIC_URL, for what an address is not enough: passkeys. */
  host?: string;
  /** Overrides the settings of `settingsOf`. */
  env?: Record<string, string>;
  /** Fills its servers before it starts; by default, they have the current schema and no data. */
  filled?: (servers: { database: TestDatabase; redis: OwnRedis }) => Promise<void>;
}

/** A test's own whole Narwhal: built output, fresh database, Redis and objects, on its own ports. */
export class Stack {
  constructor(
    readonly apis: readonly Application[],
    readonly workers: readonly Application[],
    readonly database: TestDatabase,
    readonly redis: OwnRedis,
    private readonly folder: string,
    private readonly make: (
      kind: 'api' | 'worker',
      name: string,
      env: Record<string, string>,
    ) => Promise<Application>,
  ) {}

  private readonly guests: Application[] = [];

  /** One more api, with its own settings: another clock, another connection to the database. Ends with the stack. */
  async guest(env: Record<string, string>, until?: '/health/ready' | '/health/live'): Promise<Application> {
    const api = await this.make('api', `guest-${this.guests.length}`, env);
    this.guests.push(api);
    await api.start(until);
    return api;
  }

  /** For stacks that have one. */
  get api(): Application {
    return first(this.apis, 'an api');
  }

  get worker(): Application {
    return first(this.workers, 'a worker');
  }

  /** The first api's. */
  get url(): string {
    return this.api.url;
  }

  /** The first worker's. */
  get metricsUrl(): string {
    return this.worker.metricsUrl;
  }

  /** The folder of mails. */
  get mails(): string {
    return join(this.folder, 'mail');
  }

  /** The folder of the instance's texts. */
  get pages(): string {
    return join(this.folder, 'pages');
  }

  /** The folder of the disk store. */
  get objects(): string {
    return join(this.folder, 'objects');
  }

  private readonly hurry = () => this.redis.hurryNotifications();

  /**
   * Waits until photos, posts and effects are done. Not for deltas: whatever reads a count adds them, and they are folded a second
   * later. Tests of rows, or of an order by counts, wait until all is `folded`.
   */
  quiet(patience?: number): Promise<void> {
    return untilQuiet(this.metricsUrl, { patience, hurry: this.hurry, except: ['deltas'] });
  }

  /** Waits until nothing at all is pending. */
  folded(patience?: number): Promise<void> {
    return untilQuiet(this.metricsUrl, { patience, hurry: this.hurry });
  }

  /** Erases closed accounts, as if their days had passed. */
  async eraseClosed(): Promise<void> {
    await this.database.query('UPDATE users SET erase_at = now() WHERE erase_at IS NOT NULL');
    const deadline = Date.now() + patient(20_000);
    while ((await this.database.query(`SELECT 1 FROM users WHERE closed_at IS NOT NULL`)).length > 0) {
      if (Date.now() > deadline) throw new Error('expected closed accounts to be erased');
      await sleep(100);
    }
    await this.folded();
  }

  async start(): Promise<void> {
    await Promise.all([...this.apis, ...this.workers].map((application) => application.start()));
  }

  async stopGuests(): Promise<void> {
    await Promise.all(this.guests.map((guest) => guest.stop()));
  }

  async stop(): Promise<void> {
    const applications = [...this.apis, ...this.workers].map((application) => application.stop());
    await Promise.all([this.stopGuests(), ...applications]);
    await Promise.all([this.redis.stop(), this.database.close()]);
  }
}

function first<Item>(items: readonly Item[], what: string): Item {
  const [item] = items;
  if (item === undefined) throw new Error(`expected a stack with ${what} but this one has none`);
  return item;
}

/** Starts a stack and waits until it serves. End it with `stop` in an afterAll; the run ends it in any case. */
export async function startStack({
  api = 1,
  worker = 1,
  host = '127.0.0.1',
  env,
  filled,
}: StackOptions = {}): Promise<Stack> {
  const name = `stack-${randomBytes(4).toString('hex')}`;
  const folder = join(servers().folder, name);
  mkdirSync(folder);
  const [database, redis] = await Promise.all([
    freshDatabase(filled ? 'empty' : 'migrated'),
    ownRedis(`${name}-redis`),
  ]);
  await filled?.({ database, redis });
  const firstPort = await freePort();
  const publicUrl = `http://${host}:${firstPort}`;
  const settings = {
    ...settingsOf({ databaseUrl: database.url, redisUrl: redis.url, publicUrl, folder }),
    ...env,
  };

  const make = async (kind: 'api' | 'worker', label: string, more: Record<string, string> = {}) =>
    new Application({
      name: kind,
      port: label === 'api-0' ? firstPort : await freePort(),
      metricsPort: await freePort(),
      settings: { ...settings, ...more },
      logFile: join(folder, `${label}.log`),
    });
  const many = (kind: 'api' | 'worker', count: number) =>
    Promise.all(Array.from({ length: count }, (_, index) => make(kind, `${kind}-${index}`)));
  const stack = new Stack(
    await many('api', api),
    await many('worker', worker),
    database,
    redis,
    folder,
    make,
  );
  await stack.start();
  return stack;
}
