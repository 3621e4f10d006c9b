import { Agent } from 'node:http';
import { Redis } from 'ioredis';
import type pg from 'pg';
import type { Person } from '../fixtures.ts';
import { quantile, timedGet } from '../measuring.ts';
import { wrk, type Load } from '../wrk.ts';
import type { Scenario } from './scenario.ts';

const CONNECTIONS = 32;
const SECONDS = 5;
const WARM_UP = 4;
const WARM = 64;
const COLD = 300;
/** Kinds of keys that belong to one reader. */
const OWN = new Set(['feed', 'relations', 'reader', 'session', 'liked', 'saved']);

export interface PageFigures {
  /** Pages a second by one api process, and their milliseconds under that load. */
  rate: number;
  p50: number;
  p99: number;
  /** The first page of a reader without a feed in Redis: rebuilt from PostgreSQL, one after the other. Milliseconds. */
  coldP50: number;
  coldP99: number;
  /** Per reader in Redis: bytes of the reader's own keys, bytes of all growth, and the number of posts in the feed. */
  ownBytes: number;
  bytesPerReader: number;
  entriesPerReader: number;
  /** Pages a second relative to those among this many people, measured alternately. */
  ofFirst?: { users: number; ratio: number };
}

async function usedMemory(redis: Redis): Promise<number> {
  return Number(/used_memory:(\d+)/.exec(await redis.info('memory'))?.[1]);
}

/** The size of the keys of each kind, in bytes. */
async function bytesByKind(redis: Redis): Promise<Map<string, number>> {
  const bytes = new Map<string, number>();
  for await (const keys of redis.scanStream({ match: 'nw:*', count: 1_000 }) as AsyncIterable<string[]>) {
    const sizes = await Promise.all(keys.map((key) => redis.memory('USAGE', key, 'SAMPLES', 0)));
    keys.forEach((key, index) => {
      const kind = key.split(':')[3] ?? key;
      bytes.set(kind, (bytes.get(kind) ?? 0) + (sizes[index] ?? 0));
    });
  }
  return bytes;
}

/** Pages of the same people in turn, from one api process: the rate, and each one's time under that load. */
export async function warmPages({ api, readers }: Scenario, seconds: number): Promise<Load> {
  const people = readers(0, WARM).map(({ headers }) => headers);
  const load = await wrk(`${api.url}/v1/feed`, { connections: CONNECTIONS, seconds, people });
  if (load.failed > 0) throw new Error(`${load.failed} requests failed`);
  return load;
}

/** Warm pages under load, cold ones one by one, and the readers' memory in Redis. */
export async function measurePages(scenario: Scenario): Promise<PageFigures> {
  const page = `${scenario.api.url}/v1/feed`;
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const redis = new Redis(scenario.redisUrl);
  const readAll = async (people: readonly Person[]): Promise<number[]> => {
    const times: number[] = [];
    for (const { headers } of people) times.push(await timedGet(agent, page, headers));
    return times;
  };
  const warm = scenario.readers(0, WARM);
  for (let round = 0; round < 3; round += 1) await readAll(warm);
  await warmPages(scenario, WARM_UP);
  const { rate, p50, p99 } = await warmPages(scenario, SECONDS);

  const others = scenario.readers(WARM, COLD);
  const kindsBefore = await bytesByKind(redis);
  const before = await usedMemory(redis);
  const cold = await readAll(others);
  await readAll(others);
  const bytesPerReader = ((await usedMemory(redis)) - before) / COLD;
  const kinds = [...(await bytesByKind(redis))].map(
    ([kind, bytes]) => [kind, (bytes - (kindsBefore.get(kind) ?? 0)) / COLD] as const,
  );
  const said = kinds.map(([kind, bytes]) => `${kind} ${bytes.toFixed(0)}`);
  console.log(`Redis bytes a reader by kind of key: ${said.join(', ')}`);
  const lengths = await Promise.all(others.map(({ id }) => redis.llen(scenario.feedKey(id))));
  agent.destroy();
  redis.disconnect();
  return {
    rate,
    p50,
    p99,
    coldP50: quantile(cold, 0.5),
    coldP99: quantile(cold, 0.99),
    ownBytes: kinds.reduce((sum, [kind, bytes]) => sum + (OWN.has(kind) ? bytes : 0), 0),
    bytesPerReader,
    entriesPerReader: lengths.reduce((sum, length) => sum + length, 0) / COLD,
  };
}

/** PostgreSQL's bytes for one post with its photos, in tables and indexes. */
export async function bytesPerPost(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ bytes: number }>(
    `SELECT ((pg_total_relation_size('posts') + pg_total_relation_size('photos')) / (SELECT count(*) FROM posts))::int AS bytes`,
  );
  return rows[0]?.bytes ?? Number.NaN;
}
