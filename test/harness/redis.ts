import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { startRedis } from '../../tools/dev/redis.ts';
import { freePort } from '../../tools/dev/ports.ts';
import { poolId } from './env.js';
import { servers } from './servers.js';

const DATABASES = 16;

/** An empty Redis for a spec: a numbered database of the run's server, since specs of one worker run one after the other. */
export async function freshRedis(): Promise<string> {
  const url = new URL(servers().redis);
  url.pathname = `/${poolId() % DATABASES}`;
  const redis = new Redis(url.href);
  await redis.flushdb();
  redis.disconnect();
  return url.href;
}

/** A test's own Redis server, which may lose everything, go away and come back. */
export interface OwnRedis {
  /** For api and worker. */
  url: string;
  /** For whoever inspects it. */
  operatorUrl: string;
  flushall(): Promise<void>;
  stop(): Promise<void>;
  /** Suspends it: connections stay open without responses until it resumes. */
  hang(): void;
  goOn(): void;
  /** On the same port, empty: it keeps nothing across a stop. */
  start(): Promise<void>;
  /** A client for inspecting it; connects on first use. */
  client(): Redis;
  /** Notifications are gathered for a second before they are written: those that wait for it are written now. */
  hurryNotifications(): void;
}

export async function ownRedis(name: string): Promise<OwnRedis> {
  const { folder } = servers();
  const dir = join(folder, name);
  mkdirSync(folder, { recursive: true });
  const port = await freePort();
  const begin = async () => {
    const server = await startRedis({ dir, port, persistent: false, logFile: join(folder, `${name}.log`) });
    return server;
  };
  let server = await begin();
  let client: Redis | undefined;
  let notify: Queue | undefined;
  let hurrying: Promise<unknown> | undefined;
  const connected = () => {
    client ??= new Redis(server.operatorUrl).on('error', () => undefined);
    return client;
  };
  return {
    url: server.url,
    operatorUrl: server.operatorUrl,
    client: connected,
    hang: () => void process.kill(server.pid, 'SIGSTOP'),
    goOn: () => void process.kill(server.pid, 'SIGCONT'),
    flushall: async () => void (await connected().flushall()),
    start: async () => void (server = await begin()),
    hurryNotifications: () => {
      notify ??= new Queue('notify', { connection: connected(), prefix: '{nw-jobs}' }).on(
        'error',
        () => undefined,
      );
      // Without Redis there are no jobs to hurry.
      hurrying ??= notify
        .promoteJobs()
        .catch(() => undefined)
        .finally(() => (hurrying = undefined));
    },
    stop: async () => {
      client?.disconnect();
      client = notify = hurrying = undefined;
      await server.stop();
    },
  };
}
