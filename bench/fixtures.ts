import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../tools/dev/install.mjs';
import { lastLines } from '../tools/dev/logs.ts';
import { freePort } from '../tools/dev/ports.ts';
import { startPostgres } from '../tools/dev/postgres.ts';
import { endProcess, launch, type Launched } from '../tools/dev/processes.ts';
import { answersOk, faultOf, untilServing } from '../tools/dev/ready.ts';
import { startRedis } from '../tools/dev/redis.ts';
import { bareEnvironment, profileFolder } from './env.ts';

/** One serving process, and its address. */
export interface Serving {
  url: string;
  pid: number;
}

/**
 * A benchmark's environment: its own servers and processes in a temporary folder. `close` ends everything that was started,
 * last first.
 */
export class Fixtures {
  private kept: string | undefined;
  private temporary: string | undefined;
  private readonly endings: (() => Promise<void>)[] = [];

  constructor() {
    // Stopping a long run must leave no server and no gigabytes.
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
      process.once(signal, () => void this.close().then(() => process.exit(130)));
  }

  get folder(): string {
    return this.kept ?? (this.temporary ??= mkdtempSync(join(tmpdir(), 'narwhal-bench-')));
  }

  /** PostgreSQL's data stays in this folder for the next run. */
  keepIn(folder: string): void {
    this.kept = folder;
  }

  /** Migrated. `owner` may do everything with it; `serving` is for api and worker. */
  async postgres(
    settings: Record<string, string | number> = {},
  ): Promise<{ owner: string; serving: string }> {
    const server = await startPostgres({ dir: join(this.folder, 'postgres'), durable: false, settings });
    this.endings.push(() => server.stop());
    const urls = { owner: server.operatorUrl, serving: server.url };
    await this.program('migrate', ['dist/apps/cli/src/main.js', 'migrate'], {
      DATABASE_URL: urls.serving,
      DATABASE_DIRECT_URL: urls.owner,
    });
    return urls;
  }

  async redis(): Promise<string> {
    const server = await startRedis({ dir: join(this.folder, 'redis'), persistent: false });
    this.endings.push(() => server.stop());
    // Benches also empty and measure it.
    return server.operatorUrl;
  }

  /** Runs a program to its end; calls `onStart` with its process. */
  async program(
    name: string,
    args: string[],
    settings: Record<string, string>,
    onStart: (pid: number) => void = () => undefined,
  ): Promise<void> {
    const launched = await this.start(name, args, settings);
    onStart(launched.pid);
    const ended = await launched.ended;
    if (ended !== 'exit code 0') throw new Error(`${name}: ${ended}\n${lastLines(this.log(name))}`);
  }

  /** Starts a process that serves, and waits until `path` answers 200. */
  async serve(
    name: string,
    args: string[],
    settings: Record<string, string> & { PORT: string },
    path: string,
  ): Promise<Serving> {
    const launched = await this.start(name, args, settings);
    const url = `http://127.0.0.1:${settings.PORT}`;
    await untilServing(launched, () => answersOk(url + path, 2_000), faultOf(name, this.log(name)));
    return { url, pid: launched.pid };
  }

  /** Ends this, too, before the folder is removed. */
  endWith(end: () => Promise<void>): void {
    this.endings.push(end);
  }

  async close(): Promise<void> {
    for (const end of this.endings.toReversed()) await end();
    if (this.temporary) rmSync(this.temporary, { recursive: true, force: true, maxRetries: 10 });
  }

  private log(name: string): string {
    return join(this.folder, `${name}.log`);
  }

  private async start(name: string, args: string[], settings: Record<string, string>): Promise<Launched> {
    const env = bareEnvironment({ NODE_ENV: 'production', ...settings });
    const launched = await launch({
      command: process.execPath,
      args,
      logFile: this.log(name),
      env,
      cwd: root,
    });
    this.endings.push(() => endProcess(launched, [{ signal: 'SIGTERM', patience: 30_000 }]));
    return launched;
  }
}

/** With a profile folder, the api writes its CPU profile there when it ends. */
function apiArguments(): string[] {
  const folder = profileFolder();
  const profile = folder ? ['--cpu-prof', `--cpu-prof-dir=${folder}`] : [];
  return [...profile, 'dist/apps/api/src/main.js'];
}

const keyring = (): string => `bench:${randomBytes(32).toString('hex')}`;

/** One api, and the settings for a worker or a client of the same Narwhal. */
export interface Narwhal extends Serving {
  /** For whoever fills and measures it. */
  databaseUrl: string;
  metricsUrl: string;
  settings: Record<string, string>;
}

/** A migrated database, Redis, and one api as in production, but without rate limits. */
export async function startApi(
  fixtures: Fixtures,
  changed: Record<string, string> = {},
  database: Record<string, string | number> = {},
): Promise<Narwhal> {
  const [{ owner, serving }, redisUrl] = await Promise.all([fixtures.postgres(database), fixtures.redis()]);
  const metrics = `127.0.0.1:${await freePort()}`;
  const settings = {
    PORT: String(await freePort()),
    PUBLIC_URL: 'https://narwhal.example.org',
    METRICS_ADDR: metrics,
    DATABASE_URL: serving,
    REDIS_URL: redisUrl,
    STORAGE_DIR: join(fixtures.folder, 'objects'),
    TOKEN_KEYS: keyring(),
    MEDIA_KEYS: keyring(),
    RATE_LIMITS: 'off',
    LOG_LEVEL: 'info',
    ...changed,
  };
  const api = await fixtures.serve('api', apiArguments(), settings, '/health/ready');
  return { ...api, databaseUrl: owner, metricsUrl: `http://${metrics}/metrics`, settings };
}

/** A worker of the same Narwhal. */
export async function startWorker(fixtures: Fixtures, { settings }: Narwhal): Promise<Serving> {
  const port = String(await freePort());
  const own = { ...settings, PORT: port, WORKER_METRICS_ADDR: `127.0.0.1:${port}` };
  return fixtures.serve('worker', ['dist/apps/worker/src/main.js'], own, '/health/ready');
}

/** A person, as request headers. */
export interface Person {
  id: string;
  headers: Record<string, string>;
}

/** Signs up this many people, one after the other. */
export async function signUpAll(api: Serving, name: string, count: number): Promise<Person[]> {
  const people: Person[] = [];
  for (let number = 1; number <= count; number += 1) people.push(await signUp(api, `${name}${number}`));
  return people;
}

export async function signUp({ url }: Pick<Serving, 'url'>, name: string): Promise<Person> {
  const body = { username: name, email: `${name}@example.org`, password: 'a long enough password' };
  const response = await fetch(`${url}/v1/users`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (response.status !== 201) throw new Error(`signing up: ${response.status} ${await response.text()}`);
  const { user, session } = (await response.json()) as {
    user: { id: string };
    session: { accessToken: string };
  };
  return { id: user.id, headers: { authorization: `Bearer ${session.accessToken}` } };
}
