import { connect, type Socket } from 'node:net';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startRedis } from '../scripts/redis.ts';
import type { FeedRedis } from '../dist/libs/feed/src/redis.js';

/**
 * One post to 10,000 existing feeds, in order and without doubles, beside its floor: the same number of LPUSHX commands,
 * encoded beforehand, written to one raw socket until the last reply is here.
 */
const READERS = 10_000;
const PAIRS = 15;
const GOAL = 0.5;
const FIRST = 2n ** 58n;

interface Pair {
  floor: number;
  ours: number;
}

const idAt = (step: number): string => String(FIRST + BigInt(step) * 8_388_608n);
const readers = Array.from({ length: READERS }, (_, index) => String(FIRST / 7n + BigInt(index) * 99_991n));

/** Resolves when as many lines came back as commands went out. */
class RawSocket {
  readonly socket: Socket;

  constructor(socket: Socket) {
    this.socket = socket;
  }

  static async open(url: URL): Promise<RawSocket> {
    const socket = connect({ port: Number(url.port), host: url.hostname });
    await new Promise((done) => socket.once('connect', done));
    const raw = new RawSocket(socket);
    await raw.send(Buffer.from(encode('AUTH', url.password)), 1);
    return raw;
  }

  send(bytes: Buffer, replies: number): Promise<void> {
    return new Promise((done) => {
      let lines = 0;
      const count = (chunk: Buffer): void => {
        for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, at + 1)) lines += 1;
        if (lines < replies) return;
        this.socket.off('data', count);
        done();
      };
      this.socket.on('data', count);
      this.socket.write(bytes);
    });
  }

  close(): void {
    this.socket.destroy();
  }
}

function encode(...words: string[]): string {
  return `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`;
}

/** Full feeds, as those of people who follow some others are. */
async function fill(raw: RawSocket, keys: readonly string[]): Promise<void> {
  const ids = Array.from({ length: 500 }, (_, index) => idAt(-index));
  for (let from = 0; from < keys.length; from += 500) {
    const part = keys.slice(from, from + 500);
    await raw.send(Buffer.from(part.map((key) => encode('RPUSH', key, ...ids)).join('')), part.length);
  }
}

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

async function timed(work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await work();
  return READERS / ((performance.now() - begun) / 1000);
}

async function measure(url: string): Promise<Pair[]> {
  const { HomeFeeds } = await import('../dist/libs/feed/src/home-feeds.js');
  const { FeedWindows } = await import('../dist/libs/feed/src/feed-windows.js');
  const { FeedRedis } = await import('../dist/libs/feed/src/redis.js');
  const { RedisLink } = await import('../dist/libs/feed/src/redis-link.js');
  const { keys } = await import('../dist/libs/platform/src/keys.js');
  const epoch = { current: '1', learn: async () => undefined, forget: () => undefined, renew: async () => undefined };
  const redis: FeedRedis = new FeedRedis(new RedisLink(url, 10_000), epoch as never);
  await redis.start();
  const feeds = new HomeFeeds(new FeedWindows(redis, {} as never), {} as never, {} as never, {} as never);
  const raw = await RawSocket.open(new URL(url));
  await fill(raw, readers.map((reader) => keys.homeFeed('1', reader)));
  await fill(raw, readers.map((reader) => keys.homeFeed('floor', reader)));
  const pairs: Pair[] = [];
  for (let round = -2; round < PAIRS; round += 1) {
    const id = idAt(round + 10);
    const bytes = Buffer.from(readers.map((reader) => encode('LPUSHX', keys.homeFeed('floor', reader), id)).join(''));
    const floor = await timed(() => raw.send(bytes, READERS));
    const ours = await timed(() => feeds.insert(id, readers));
    if (round >= 0) pairs.push({ floor, ours });
  }
  raw.close();
  redis.stop();
  return pairs;
}

function print(pairs: readonly Pair[]): number {
  const thousands = (rate: number): string => `${(rate / 1000).toFixed(0).padStart(6)} k/s`;
  console.log(`one post to ${READERS} feeds of 500\n\npair      floor       ours  ratio`);
  pairs.forEach(({ floor, ours }, index) => {
    console.log(`${String(index + 1).padStart(4)} ${thousands(floor)} ${thousands(ours)}  ${(ours / floor).toFixed(2)}`);
  });
  const { heapUsed, rss } = process.memoryUsage();
  const megabytes = (bytes: number): string => `${(bytes / 1024 / 1024).toFixed(0)} MB`;
  console.log(`\nthis process: heap ${megabytes(heapUsed)}, resident ${megabytes(rss)}`);
  return median(pairs.map(({ floor, ours }) => ours / floor));
}

export async function run(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'narwhal-fan-out-'));
  const server = await startRedis({ dir: join(folder, 'redis'), persistent: false });
  try {
    const ratio = print(await measure(server.url));
    console.log(`fan-out: ratio ${ratio.toFixed(2)} (goal ${GOAL.toFixed(2)})`);
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

if (import.meta.main) await run();
