import { execFileSync } from 'node:child_process';
import { connect } from 'node:net';
import { chownSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { privilegeDropFor } from './privilege-drop/choice.ts';
import { freePort } from './ports.ts';
import { endProcess, launch, type Launched, type RunningServer, type StopStep } from './processes.ts';
import { faultOf, untilServing } from './ready.ts';
import { applicationPassword, keptSecret } from './secrets.ts';
import { ensureProgram } from './system-packages.ts';

export interface RedisOptions {
  dir: string;
  port?: number;
  /** Keeps its keys across restarts (append-only file, written each second). False for disposable data. */
  persistent?: boolean;
  logFile?: string;
  /** Defaults to 127.0.0.1. */
  host?: string;
  /** Replicates this one, which has the same password. */
  replicaOf?: { host: string; port: number };
  /** Further lines of its configuration. */
  more?: string[];
  /** Wraps the command, where it runs on another host. */
  on?: (command: { command: string; args: string[] }) => { command: string; args: string[] };
  /** Called with the process as soon as it runs. */
  launched?: (process: Launched) => void;
}

/**
 * The user of api and worker: all that reads and writes keys, and nothing that empties, reconfigures, stops or spies on the
 * server. infra/ubuntu's `narwhal setup` has the same line.
 */
const permissions =
  '~* +@all -@admin -@dangerous -@scripting +info +eval +evalsha +script|load +script|exists';

/** Redis 6.0, of Ubuntu 22.04, has no permissions for channels. */
function channels(program: string): string {
  return execFileSync(program, ['--version'], { encoding: 'utf8' }).includes('v=6.0.') ? '' : '&*';
}

/** Api and worker connect by this. */
export function applicationUrl(address: string, password: string): string {
  return `redis://narwhal:${applicationPassword(password)}@${address}`;
}

export const stopRedis: StopStep[] = [{ signal: 'SIGTERM', patience: 10_000 }];

/** Starts Redis from the system's package, on 127.0.0.1 and with its own passwords. */
export async function startRedis(options: RedisOptions): Promise<RunningServer> {
  const { dir, port = await freePort(), persistent = true, logFile = join(dir, '..', 'redis.log') } = options;
  const program = ensureProgram('redis-server', 'redis-server');
  const drop = privilegeDropFor({ programs: dirname(program), data: dir });
  const password = keptSecret(join(drop.onDisk, 'password'));
  if (drop.user) chownSync(join(drop.onDisk, 'password'), drop.user.uid, drop.user.gid);

  const { host = '127.0.0.1', replicaOf, more = [], on = (command) => command } = options;
  const { command, args } = on(drop.wrap(program, ['-']));
  const user = `user narwhal on >${applicationPassword(password)} ${channels(program)} ${permissions}`;
  const follow = replicaOf ? [`replicaof ${replicaOf.host} ${replicaOf.port}`, `masterauth ${password}`] : [];
  const input = configuration({
    dir: drop.data,
    host,
    port,
    password,
    persistent,
    more: [user, ...follow, ...more],
  });
  const { launched } = options;
  const process = await launch({ command, args, logFile, input, cwd: '/', launched });
  // A large append-only file takes a while to load, and PING returns -LOADING until then.
  await untilServing(
    process,
    () => answers({ host, port, password }),
    faultOf('Redis', logFile),
    120_000,
  ).catch(async (error: unknown) => {
    await endProcess(process, stopRedis);
    throw error;
  });
  return {
    url: applicationUrl(`${host}:${port}`, password),
    operatorUrl: `redis://:${password}@${host}:${port}`,
    port,
    pid: process.pid,
    identity: process.identity,
    ended: process.ended,
    stop: (hurry) => endProcess(process, stopRedis, hurry).then(() => drop.leave({ discard: !persistent })),
    kill: () => endProcess(process, []),
  };
}

interface Address {
  host: string;
  port: number;
  password: string;
}

/** Redis reads this from its standard input: on the command line, every user of the machine could read the password. */
function configuration(options: Address & { dir: string; persistent: boolean; more: string[] }): string {
  const { dir, host, port, password, persistent, more } = options;
  const lines = [
    `bind ${host}`,
    `port ${port}`,
    `dir "${dir}"`,
    `requirepass ${password}`,
    ...more,
    'daemonize no',
    'maxmemory-policy noeviction',
    'save ""',
    `appendonly ${persistent ? 'yes' : 'no'}`,
    'appendfsync everysec',
  ];
  return `${lines.join('\n')}\n`;
}

/** Two commands in Redis's inline form, so that the launcher needs no client. */
function answers({ host, port, password }: Address): Promise<boolean> {
  return new Promise((settle) => {
    let received = '';
    const socket = connect({ port, host, timeout: 1_000 });
    socket.setEncoding('utf8');
    socket.on('connect', () => socket.write(`AUTH ${password}\r\nPING\r\n`));
    socket.on('data', (text: string) => {
      received += text;
      if (received.includes('+PONG')) socket.destroy();
      else if (received.includes('-')) socket.destroy();
    });
    socket.on('timeout', () => socket.destroy());
    socket.on('error', () => undefined);
    socket.on('close', () => settle(received.includes('+PONG')));
  });
}
