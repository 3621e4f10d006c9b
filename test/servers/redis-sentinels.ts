import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { vi } from 'vitest';
import { root } from '../../tools/dev/install.mjs';
import { freePort } from '../../tools/dev/ports.ts';
import { endProcess, launch, signal, type Launched, type RunningServer } from '../../tools/dev/processes.ts';
import { startRedis, stopRedis } from '../../tools/dev/redis.ts';
import { applicationPassword } from '../../tools/dev/secrets.ts';
import { ensureProgram } from '../../tools/dev/system-packages.ts';
import { servers } from '../harness/servers.js';
import { patient } from '../harness/pace.js';

const password = 'spec-of-sentinels';
const primaryName = 'narwhal';

const printed = (...args: string[]): string =>
  execFileSync(process.execPath, [join(root, 'infra/redis/main.ts'), ...args], { encoding: 'utf8' });

function folderOf(parent: string, name: string): string {
  const folder = join(parent, name);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'password'), password);
  return folder;
}

async function startSentinel(dir: string, primary: number): Promise<{ port: number; process: Launched }> {
  const port = await freePort();
  const file = join(dir, 'sentinel.conf');
  const passwords = ['--password', join(dir, 'password'), '--user-password', join(dir, 'user-password')];
  writeFileSync(join(dir, 'user-password'), applicationPassword(password));
  const place = ['--name', primaryName, '--at', `127.0.0.1:${port}`, '--primary', `127.0.0.1:${primary}`];
  writeFileSync(file, printed('sentinel', ...passwords, ...place, '--dir', dir));
  const command = ensureProgram('redis-server', 'redis-server');
  const process = await launch({
    command,
    args: [file, '--sentinel'],
    logFile: join(dir, 'sentinel.log'),
    cwd: dir,
  });
  return { port, process };
}

async function startServers(dir: string): Promise<RunningServer[]> {
  const running: RunningServer[] = [];
  for (const name of ['one', 'two', 'three']) {
    const folder = folderOf(dir, name);
    const [first] = running;
    const port = await freePort();
    const at = ['--password', join(folder, 'password'), '--at', `127.0.0.1:${port}`];
    const more = printed('server', ...at)
      .trim()
      .split('\n');
    const follow = first ? { replicaOf: { host: '127.0.0.1', port: first.port } } : {};
    const logFile = join(dir, `${name}.log`);
    running.push(await startRedis({ dir: folder, port, persistent: false, logFile, more, ...follow }));
  }
  return running;
}

/** Three Redis, of which sentinels choose the primary, configured as the fleet configures them. */
export class SentinelRedis {
  /** A client of each sentinel, as an operator. */
  readonly clients: Redis[];
  /** For `REDIS_URL`, and for `REDIS_SENTINELS` beside it. */
  readonly url = `redis://narwhal:${applicationPassword(password)}@${primaryName}`;
  readonly sentinels: string;

  private constructor(
    private readonly servers: readonly RunningServer[],
    private readonly processes: readonly Launched[],
    ports: readonly number[],
  ) {
    const addresses = ports.map((port) => `127.0.0.1:${port}`).join(',');
    this.sentinels = `narwhal:${applicationPassword(password)}@${addresses}`;
    this.clients = ports.map((port) =>
      new Redis({ host: '127.0.0.1', port, password, maxRetriesPerRequest: 0 }).on('error', () => undefined),
    );
  }

  static async start(): Promise<SentinelRedis> {
    const dir = join(servers().folder, `sentinels-${Date.now()}`);
    const running = await startServers(dir);
    const first = running[0]?.port ?? 0;
    const watching = await Promise.all(
      [1, 2, 3].map((number) => startSentinel(folderOf(dir, `sentinel-${number}`), first)),
    );
    const started = new SentinelRedis(
      running,
      watching.map(({ process }) => process),
      watching.map(({ port }) => port),
    );
    const isWhole = async () => {
      for (const client of started.clients) {
        const [replicas, others] = [
          await started.fact(client, 'num-slaves'),
          await started.fact(client, 'num-other-sentinels'),
        ];
        if (replicas !== '2' || others !== '2')
          throw new Error(
            `expected two replicas and two other sentinels but received ${replicas} and ${others}`,
          );
      }
    };
    await vi.waitFor(isWhole, { timeout: patient(30_000), interval: 100 });
    return started;
  }

  private async fact(client: Redis | undefined, name: string): Promise<string | undefined> {
    const facts = (await client?.call('SENTINEL', 'MASTER', primaryName)) as string[];
    return facts[facts.indexOf(name) + 1];
  }

  async primary(): Promise<RunningServer> {
    const port = Number(await this.fact(this.clients[0], 'port'));
    const found = this.servers.find((server) => server.port === port);
    if (!found) throw new Error(`expected a server on port ${port} but there is none`);
    return found;
  }

  /** Waits until another than this server is the primary, with a replica. */
  async untilAnother(than: RunningServer): Promise<void> {
    const another = async () => {
      const now = await this.primary();
      if (now.port === than.port) throw new Error('expected another primary');
      const client = new Redis(now.operatorUrl, { retryStrategy: () => null }).on('error', () => undefined);
      const replication = await client.info('replication').finally(() => client.disconnect());
      if (!/min_slaves_good_slaves:[12]/.test(replication)) throw new Error(replication);
    };
    await vi.waitFor(another, { timeout: patient(40_000), interval: 100 });
  }

  /** Ends one of them for good. */
  async kill(server: RunningServer): Promise<void> {
    signal(server.pid, 'SIGKILL');
    await server.ended;
  }

  async stop(): Promise<void> {
    for (const client of this.clients) client.disconnect();
    await Promise.all(this.processes.map((process) => endProcess(process, stopRedis)));
    for (const server of this.servers) signal(server.pid, 'SIGCONT');
    await Promise.all(this.servers.map((server) => server.stop()));
  }
}
