import { freePort } from '../tools/dev/ports.ts';
import { fillFeed } from './feed-data.ts';
import { signUpAll, startApi, type Fixtures, type Serving } from './fixtures.ts';
import { wrk, type Load } from './wrk.ts';
import {
  type Pair,
  cpuOf,
  interleavedPairs,
  mebibytes,
  median,
  printTable,
  residentOf,
} from './measuring.ts';

/**
 * The home feed's newest page of 20 posts, through authentication and every rule, by one api process. Its floor: a bare
 * Fastify handler in its own process that sends constant bytes of the same length.
 */
const GOAL = 0.3;
const READERS = 32;
const PAIRS = 5;
const CONNECTIONS = 64;
const SECONDS = 3;
const WARM_UP = 3;

type Headers = Record<string, string>;

/** The page's length; checks that the page is complete. */
export async function lengthOfPage(url: string, headers: Headers): Promise<number> {
  const text = await (await fetch(url, { headers })).text();
  const { items } = JSON.parse(text) as { items: { photos: unknown[] }[] };
  if (items.length !== 20 || items.some(({ photos }) => photos.length !== 1))
    throw new Error(`expected 20 posts of one photo each but received ${text.slice(0, 200)}`);
  return Buffer.byteLength(text);
}

async function heapOf(metricsUrl: string): Promise<number> {
  const text = await (await fetch(metricsUrl)).text();
  return Number(/^narwhal_nodejs_heap_size_used_bytes (\S+)$/m.exec(text)?.[1]);
}

/** A process's responses, and the CPU time of each, in microseconds: it hardly depends on other load. */
interface Cost extends Load {
  cpu: number;
}

/** Drives a process and measures its cost. */
export async function costOf({ pid }: Serving, drive: () => Promise<Load>): Promise<Cost> {
  const before = cpuOf([pid]);
  const load = await drive();
  return { ...load, cpu: ((cpuOf([pid]) - before) * 1_000) / (load.rate * SECONDS) };
}

export function printLoads(pairs: readonly Pair<Cost>[], names: { ours: string; floor: string }): number {
  const ratios = pairs.map(({ ours, floor }) => ours.rate / floor.rate);
  const row = (name: string, { rate, p50, p99, cpu }: Cost) => [
    name,
    rate.toFixed(0),
    p50.toFixed(2),
    p99.toFixed(2),
    cpu.toFixed(0),
  ];
  const rows = pairs.flatMap(({ ours, floor }, index) => [
    [...row(`${index + 1} ${names.floor}`, floor), ''],
    [...row(`${index + 1} ${names.ours}`, ours), ratios[index]?.toFixed(3) ?? ''],
  ]);
  const middle = (side: 'ours' | 'floor', key: keyof Cost) => median(pairs.map((pair) => pair[side][key]));
  for (const side of ['floor', 'ours'] as const) {
    const cells = {
      rate: middle(side, 'rate'),
      p50: middle(side, 'p50'),
      p99: middle(side, 'p99'),
      cpu: middle(side, 'cpu'),
      failed: 0,
    };
    rows.push([...row(`median ${names[side]}`, cells), '']);
  }
  printTable(['pair', 'requests/s', 'p50 ms', 'p99 ms', 'CPU µs', 'ratio'], rows);
  console.log(
    `p99 of ${names.ours} is ${(middle('ours', 'p99') / middle('floor', 'p99')).toFixed(1)} x that of ${names.floor}`,
  );
  const failed = pairs.reduce((sum, { ours, floor }) => sum + ours.failed + floor.failed, 0);
  if (failed > 0) throw new Error(`${failed} requests failed`);
  return median(ratios);
}

export async function run(fixtures: Fixtures): Promise<void> {
  const api = await startApi(fixtures);
  const readers = await signUpAll(api, 'reader', READERS);
  await fillFeed(api.databaseUrl, { readers: readers.map(({ id }) => id) });
  const page = `${api.url}/v1/feed`;
  const lengths = await Promise.all(readers.map(({ headers }) => lengthOfPage(page, headers)));
  const length = Math.round(lengths.reduce((sum, bytes) => sum + bytes) / READERS);
  const port = String(await freePort());
  const constant = await fixtures.serve(
    'floor',
    ['bench/constant-server.ts', port, String(length)],
    { PORT: port },
    '/',
  );

  const load = { connections: CONNECTIONS, seconds: SECONDS, people: readers.map(({ headers }) => headers) };
  await wrk(page, { ...load, seconds: WARM_UP });
  await wrk(constant.url, { ...load, seconds: WARM_UP });
  console.log(
    `pages of 20 posts, ${length} bytes, ${READERS} readers, ${CONNECTIONS} connections, ${PAIRS} pairs of ${SECONDS} s\n`,
  );
  const pairs = await interleavedPairs(
    PAIRS,
    () => costOf(api, () => wrk(page, load)),
    () => costOf(constant, () => wrk(constant.url, load)),
  );
  const ratio = printLoads(pairs, { ours: 'feed', floor: 'floor' });
  const memory = (await (await fetch(`${constant.url}/memory`)).json()) as { heapUsed: number };
  console.log('');
  printTable(
    ['memory', 'heap', 'resident'],
    [
      ['floor', mebibytes(memory.heapUsed), mebibytes(residentOf(constant.pid))],
      ['api', mebibytes(await heapOf(api.metricsUrl)), mebibytes(residentOf(api.pid))],
    ],
  );
  console.log(`\nfeed: ratio ${ratio.toFixed(2)} (goal ${GOAL.toFixed(2)})`);
}
