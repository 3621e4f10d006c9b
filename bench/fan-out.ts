import type { Fixtures } from './fixtures.ts';
import { encode, RawSocket } from './fan-out-floor.ts';
import { type Pair, interleavedPairs, mebibytes, median, printTable } from './measuring.ts';

/**
 * One post to existing feeds, in order and without duplicates. Its floor: the same number of LPUSHX commands, encoded
 * beforehand, written to one raw socket until the last response arrives.
 */
interface Crowd {
  readers: number;
  /** Posts in each feed. */
  entries: number;
  pairs: number;
}
const GOAL = 0.55;
const MANY: Crowd = { readers: 10_000, entries: 500, pairs: 21 };
/** This many full feeds would take a gigabyte. */
const MOST: Crowd = { readers: 100_000, entries: 50, pairs: 7 };
const MOST_GOAL = 0.5;
const WARM_UPS = 2;
/** Followers per job of the worker. */
const PAGE = 5_000;

const EPOCH = 'bench';
const FLOOR_EPOCH = 'floor';
const FIRST = 2n ** 58n;
const idAt = (step: number): string => String(FIRST + BigInt(step) * 8_388_608n);
const readersOf = ({ readers }: Crowd): string[] =>
  Array.from({ length: readers }, (_, index) => String(FIRST / 7n + BigInt(index) * 99_991n));

type Keys = typeof import('../libs/platform/src/keys.js').keys;
type HomeFeeds = Pick<import('../libs/feed/src/home-feeds.js').HomeFeeds, 'insert'>;

interface Product {
  keys: Keys;
  feeds: HomeFeeds;
  close(): void;
}

/** The built product, without PostgreSQL: its epoch is made up, and nothing is rebuilt. */
async function product(url: string): Promise<Product> {
  const load = (file: string) => import(new URL(`../dist/libs/${file}`, import.meta.url).href);
  const { HomeFeeds } = await load('feed/src/home-feeds.js');
  const { FeedWindows } = await load('feed/src/feed-windows.js');
  const { FeedRedis } = await load('feed/src/redis.js');
  const { RedisLink } = await load('feed/src/redis-link.js');
  const { keys } = await load('platform/src/keys.js');
  const epoch = { current: EPOCH, learn: () => Promise.resolve(), forget: () => undefined };
  const { ClientSideCache } = await load('feed/src/client-side-cache.js');
  const redis = new FeedRedis(new RedisLink(url, 10_000), epoch);
  await redis.start();
  const clientCache = new ClientSideCache(redis);
  return { keys, feeds: new HomeFeeds(new FeedWindows(redis, null, clientCache)), close: () => redis.stop() };
}

/** Full feeds, as of people who follow some others. */
async function fill(raw: RawSocket, keys: readonly string[], entries: number): Promise<void> {
  const ids = Array.from({ length: entries }, (_, index) => idAt(-index));
  for (let from = 0; from < keys.length; from += 500) {
    const part = keys.slice(from, from + 500);
    await raw.send(Buffer.from(part.map((key) => encode('RPUSH', key, ...ids)).join('')), part.length);
  }
}

/** Feeds reached per second. */
async function rateOf(readers: number, work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await work();
  return readers / ((performance.now() - begun) / 1000);
}

async function measure(url: string, crowd: Crowd): Promise<Pair<number>[]> {
  const { keys, feeds, close } = await product(url);
  const raw = await RawSocket.open(url);
  await raw.send(Buffer.from(encode('FLUSHALL')), 1);
  const readers = readersOf(crowd);
  const floorKeys = readers.map((reader) => keys.homeFeed(FLOOR_EPOCH, reader));
  await fill(raw, floorKeys, crowd.entries);
  const ownKeys = readers.map((reader) => keys.homeFeed(EPOCH, reader));
  await fill(raw, ownKeys, crowd.entries);
  let step = 0;
  const ours = (): Promise<number> => {
    const post = idAt((step += 1));
    return rateOf(crowd.readers, async () => {
      for (let from = 0; from < readers.length; from += PAGE)
        await feeds.insert(post, readers.slice(from, from + PAGE));
    });
  };
  const floor = (): Promise<number> => {
    const post = idAt((step += 1));
    const bytes = Buffer.from(floorKeys.map((key) => encode('LPUSHX', key, post)).join(''));
    return rateOf(crowd.readers, () => raw.send(bytes, crowd.readers));
  };
  await interleavedPairs(WARM_UPS, ours, floor);
  const pairs = await interleavedPairs(crowd.pairs, ours, floor);
  raw.close();
  close();
  return pairs;
}

function print({ readers, entries }: Crowd, pairs: readonly Pair<number>[]): number {
  const thousands = (rate: number): string => `${(rate / 1000).toFixed(0)} k/s`;
  const rows = pairs.map(({ ours, floor }, index) => [
    String(index + 1),
    thousands(floor),
    thousands(ours),
    (ours / floor).toFixed(2),
  ]);
  console.log(`\none post to ${readers} feeds of ${entries} posts\n`);
  printTable(['pair', 'raw LPUSHX', 'insert', 'ratio'], rows);
  const { heapUsed, rss } = process.memoryUsage();
  console.log(`\nthis process: heap ${mebibytes(heapUsed)}, resident ${mebibytes(rss)}`);
  return median(pairs.map(({ ours, floor }) => ours / floor));
}

export async function run(fixtures: Fixtures): Promise<void> {
  const url = await fixtures.redis();
  const most = print(MOST, await measure(url, MOST));
  console.log(`fan-out to ${MOST.readers}: ratio ${most.toFixed(2)} (goal ${MOST_GOAL.toFixed(2)})`);
  const ratio = print(MANY, await measure(url, MANY));
  console.log(`fan-out: ratio ${ratio.toFixed(2)} (goal ${GOAL.toFixed(2)})`);
}
