import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { freePort, portFault } from '../../tools/dev/ports.ts';
import { endProcess, launch, signal, type Launched } from '../../tools/dev/processes.ts';
import { stopRedis } from '../../tools/dev/redis.ts';
import { ensureProgram } from '../../tools/dev/system-packages.ts';
import { servers } from '../harness/servers.js';
import { patient } from '../harness/pace.js';

const SLOTS = 16_384;

/** Primaries of a Redis Cluster on this machine, each with a replica if asked for. */
export interface RedisCluster {
  url: string;
  /** The primaries' ports, in the order of their slots. */
  primaries: number[];
  client(port: number): Redis;
  kill(port: number): Promise<void>;
  stop(): Promise<void>;
}

interface Node {
  port: number;
  process: Launched;
  client: Redis;
}

/** Nodes talk to each other 10,000 ports higher, which has to be free, too, and below those of outgoing connections. */
export async function freeClusterPort(): Promise<number> {
  for (;;) {
    const port = await freePort();
    if (port < 22_000 && (await portFault(port + 10_000)) === null) return port;
  }
}

async function startNode(dir: string): Promise<Node> {
  const port = await freeClusterPort();
  const folder = join(dir, String(port));
  mkdirSync(folder, { recursive: true });
  const lines = ['bind 127.0.0.1', `port ${port}`, `dir "${folder}"`, 'save ""', 'cluster-enabled yes'];
  const timing = ['cluster-node-timeout 1000', 'repl-diskless-sync-delay 0'];
  const process = await launch({
    command: ensureProgram('redis-server', 'redis-server'),
    args: ['-'],
    input: `${[...lines, ...timing].join('\n')}\n`,
    logFile: join(folder, 'redis.log'),
    cwd: '/',
  });
  const client = new Redis({ port, host: '127.0.0.1' }).on('error', () => undefined);
  await client.ping();
  return { port, process, client };
}

async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + patient(20_000);
  while (!(await isSo())) {
    if (Date.now() > deadline) throw new Error(`the cluster took more than 20 s: ${what}`);
    await sleep(50);
  }
}

/** Assigns each primary its part of the slots and makes all nodes meet. */
async function meet(nodes: readonly Node[], primaries: number): Promise<void> {
  for (const [index, { client }] of nodes.slice(0, primaries).entries()) {
    const from = Math.floor((index * SLOTS) / primaries);
    const to = Math.floor(((index + 1) * SLOTS) / primaries);
    const slots = Array.from({ length: to - from }, (_, offset) => from + offset);
    await client.cluster('ADDSLOTS', ...slots);
  }
  const [first] = nodes;
  for (const { client } of nodes.slice(1)) await client.cluster('MEET', '127.0.0.1', first?.port ?? 0);
  const knowsAll = async ({ client }: Node): Promise<boolean> => {
    const known = await client.cluster('INFO');
    return [`cluster_state:ok`, `cluster_known_nodes:${nodes.length}`].every((line) => known.includes(line));
  };
  for (const node of nodes) await until('meeting', () => knowsAll(node));
  const replicas = nodes.slice(primaries);
  for (const [index, { client }] of replicas.entries())
    await client.cluster('REPLICATE', String(await nodes[index % primaries]?.client.cluster('MYID')));
  for (const { client } of replicas)
    await until('replicating', async () => (await client.info('replication')).includes('link_status:up'));
}

export async function startRedisCluster({ primaries = 3, replicas = false } = {}): Promise<RedisCluster> {
  const dir = join(servers().folder, `cluster-${Date.now()}`);
  const count = replicas ? primaries * 2 : primaries;
  const nodes = await Promise.all(Array.from({ length: count }, () => startNode(dir)));
  await meet(nodes, primaries);
  const nodeAt = (port: number): Node => {
    const node = nodes.find((one) => one.port === port);
    if (!node) throw new Error(`expected a node on port ${port} but there is none`);
    return node;
  };
  return {
    url: `redis+cluster://${nodes.map(({ port }) => `127.0.0.1:${port}`).join(',')}`,
    primaries: nodes.slice(0, primaries).map(({ port }) => port),
    client: (port) => nodeAt(port).client,
    kill: async (port) => {
      const { process } = nodeAt(port);
      signal(process.pid, 'SIGKILL');
      await process.ended;
    },
    stop: async () => {
      for (const { client } of nodes) client.disconnect();
      await Promise.all(nodes.map(({ process }) => endProcess(process, stopRedis)));
    },
  };
}
