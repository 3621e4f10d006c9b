import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { root } from '../../tools/dev/install.mjs';
import { freePort } from '../../tools/dev/ports.ts';
import { startPostgres } from '../../tools/dev/postgres.ts';
import { startRedis } from '../../tools/dev/redis.ts';
import { makeReplica, slot } from '../../tools/fleet/replica.ts';
import type { RunningServer } from '../../tools/dev/processes.ts';
import { Application } from '../harness/application.js';
import { bareEnvironment } from '../harness/env.js';
import { descendantsOf } from '../harness/process-tree.js';
import { servers } from '../harness/servers.js';
import { settingsOf } from '../harness/settings.js';

/** A server that dies and comes back with the data that it had written. */
export class MortalServer {
  private constructor(
    private readonly begin: () => Promise<RunningServer>,
    private running: RunningServer,
  ) {}

  static async start(begin: () => Promise<RunningServer>): Promise<MortalServer> {
    return new MortalServer(begin, await begin());
  }

  get url(): string {
    return this.running.url;
  }

  get operatorUrl(): string {
    return this.running.operatorUrl;
  }

  /** The server and its descendants. */
  get pids(): number[] {
    return [this.running.pid, ...descendantsOf(this.running.pid)];
  }

  kill(): Promise<void> {
    return this.running.kill();
  }

  /** On the same port and folder. */
  async start(): Promise<void> {
    this.running = await this.begin();
  }

  stop(): Promise<void> {
    return this.running.stop();
  }
}

const folderOf = (name: string): string => join(servers().folder, `${name}-postgres`);

/** A primary's settings for `mortalReplica`. */
export const replicating = { max_wal_senders: 4, wal_keep_size: '64MB' };

/** Replicates the primary of that name, as the fleet's does. */
export async function mortalReplica(
  name: string,
  primary: { name: string; url: string },
): Promise<MortalServer> {
  const { hostname, port, username, password } = new URL(primary.url);
  await makeReplica(
    { url: primary.url.replace(/narwhal$/, 'postgres'), dir: folderOf(primary.name) },
    folderOf(name),
  );
  return mortalPostgres(name, {
    ...replicating,
    primary_conninfo: `host=${hostname} port=${port} user=${username} password=${password}`,
    primary_slot_name: slot,
  });
}

/** Its acknowledged writes survive a kill -9. Nothing is forced to disk, since the machine itself stays up. */
export async function mortalPostgres(
  name: string,
  more: Record<string, string | number> = {},
): Promise<MortalServer> {
  const port = await freePort();
  const dir = folderOf(name);
  const logFile = join(servers().folder, `${name}-postgres.log`);
  const settings = { fsync: 'off', shared_buffers: '32MB', ...more };
  return MortalServer.start(() => startPostgres({ dir, port, durable: true, logFile, settings }));
}

/** It comes back empty, or with its last dump. */
export async function mortalRedis(name: string): Promise<MortalServer> {
  const port = await freePort();
  const dir = join(servers().folder, `${name}-redis`);
  const logFile = join(servers().folder, `${name}-redis.log`);
  return MortalServer.start(() => startRedis({ dir, port, persistent: false, logFile }));
}

export function migrate({ url, operatorUrl }: Pick<MortalServer, 'url' | 'operatorUrl'>): void {
  const program = join(root, 'dist', 'apps', 'cli', 'src', 'main.js');
  execFileSync(process.execPath, [program, 'migrate'], {
    env: { ...bareEnvironment(), DATABASE_URL: url, DATABASE_DIRECT_URL: operatorUrl },
  });
}

/** Runs one statement on a new connection: pooled ones would not survive the faults. */
export async function askOnce<Row extends pg.QueryResultRow>(url: string, sql: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<Row>(sql)).rows;
  } finally {
    await client.end();
  }
}

type Another = (
  kind: 'api' | 'worker',
  more?: { port?: number; env?: Record<string, string> },
) => Promise<Application>;

/** An api and a worker on a test's own servers; more of them share their settings. */
export async function applicationsOn(
  name: string,
  urls: { databaseUrl: string; redisUrl: string },
): Promise<{ api: Application; worker: Application; another: Another }> {
  const folder = join(servers().folder, name);
  mkdirSync(folder);
  const first = await freePort();
  const settings = settingsOf({ ...urls, publicUrl: `http://127.0.0.1:${first}`, folder });
  const make: Another = async (kind, more = {}) => {
    const port = more.port ?? (await freePort());
    return new Application({
      name: kind,
      port,
      metricsPort: await freePort(),
      settings: { ...settings, ...more.env },
      logFile: join(folder, `${kind}-${port}.log`),
    });
  };
  const [api, worker] = [await make('api', { port: first }), await make('worker')];
  await Promise.all([api.start(), worker.start()]);
  return { api, worker, another: make };
}
