import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { cpuOf } from './cpu-of.ts';
import { naive, plainSharp } from './develop-floor.ts';
import { interleavedPairs, median } from './pairs.ts';
import { madePhoto } from '../test/fixtures/photos.ts';

type Images = typeof import('../libs/images/src/index.js');
type Pool = InstanceType<Images['DevelopPool']>;

/** One side's cost per photo, in milliseconds. */
interface Cost {
  wall: number;
  cpu: number;
}

const GOAL = 0.95;
/** Many pairs of one photo each, so that other load on the machine affects both sides of a pair. */
const PAIRS = 41;
/** The pool replaces a child after this many photos; the cost of its start is spread over them. */
const PHOTOS_A_CHILD = 200;
/** Photos in one throughput sample. */
const BATCH = 8;

const here = new URL('./', import.meta.url);
const realPhoto = new URL('../../shared/photos/galaxy-s7-12mp-gps.jpg', here).pathname;
const limits = { pixels: 268_402_689, formats: ['image/jpeg'], developSeconds: 60, childMemory: 1.5e9 };

function cpuNow(pool: Pool | null): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000 + (pool ? cpuOf(pool.pids) : 0);
}

async function costOf(pool: Pool | null, work: () => Promise<unknown>): Promise<Cost> {
  const [cpu, wall] = [cpuNow(pool), performance.now()];
  await work();
  return { wall: performance.now() - wall, cpu: cpuNow(pool) - cpu };
}

const residentMebibytes = (pid: number | 'self', field: 'VmRSS' | 'VmHWM'): number =>
  Number(new RegExp(`${field}:\\s+(\\d+)`).exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1]) / 1_024;

async function photoFile(folder: string): Promise<string> {
  if (existsSync(realPhoto)) return realPhoto;
  console.log('../shared/photos is absent: a made photo of 12 MP stands in');
  const path = join(folder, 'made.jpg');
  await (await madePhoto(4_032, 3_024)).jpeg({ quality: 92 }).toFile(path);
  return path;
}

/** Both sides must write the same bytes, or the comparison is void. */
async function assertSame(ours: string, floor: string, files: string[]): Promise<void> {
  for (const file of files) {
    const [mine, theirs] = await Promise.all(
      [ours, floor].map(async (side) => (await stat(join(side, file))).size),
    );
    if (mine !== theirs)
      throw new Error(`${file} has ${mine} bytes, its floor ${theirs}: the renditions differ`);
  }
}

/** Photos a second with this many children, as on a worker with as many cores, and the CPU time of each. */
async function throughput(pool: Pool, work: () => Promise<unknown>): Promise<{ rate: number; cpu: number }> {
  const [start, before] = [performance.now(), cpuOf(pool.pids)];
  await Promise.all(Array.from({ length: BATCH }, work));
  const rate = (BATCH * 1_000) / (performance.now() - start);
  return { rate, cpu: (cpuOf(pool.pids) - before) / BATCH };
}

/** One child and two, alternating: the gain of a second core. */
async function printScaling({ DevelopPool }: Images, request: Parameters<Pool['develop']>[0]): Promise<void> {
  const pools = [1, 2].map((concurrency) => new DevelopPool({ concurrency }));
  const [one, two] = pools;
  if (!one || !two) return;
  await Promise.all(pools.map((pool) => pool.warm()));
  const side = (pool: Pool) => throughput(pool, () => pool.develop(request));
  await Promise.all([side(one), side(two)]);
  const pairs = await interleavedPairs(
    5,
    () => side(two),
    () => side(one),
  );
  await Promise.all(pools.map((pool) => pool.close()));
  const middle = (key: 'rate' | 'cpu', which: 'ours' | 'floor') =>
    median(pairs.map((pair) => pair[which][key]));
  for (const [name, which] of [
    ['one child', 'floor'],
    ['two children', 'ours'],
  ] as const)
    console.log(
      `${name}: ${middle('rate', which).toFixed(1)} photos/s, ${middle('cpu', which).toFixed(0)} ms of CPU a photo`,
    );
  const scaling = median(pairs.map(({ ours, floor }) => ours.rate / floor.rate));
  console.log(`scaling from one to two: ${scaling.toFixed(2)} on ${availableParallelism()} cores`);
}

function print(rows: [string, Cost][]): void {
  console.log(
    `\n${'a 12 MP JPEG to all renditions'.padEnd(46)}${'wall ms'.padStart(9)}${'CPU ms'.padStart(9)}`,
  );
  for (const [name, { wall, cpu }] of rows) {
    console.log(name.padEnd(46) + wall.toFixed(1).padStart(9) + cpu.toFixed(1).padStart(9));
  }
}

interface Pair {
  mine: Cost;
  theirs: Cost;
}

/** The sides alternate in going first. */
async function measurePairs(
  pool: Pool,
  start: Cost,
  mine: () => Promise<unknown>,
  theirs: () => Promise<unknown>,
) {
  const pairs: Pair[] = [];
  for (let pair = 0; pair < PAIRS; pair += 1) {
    const before = pair % 2 === 0 ? await costOf(null, theirs) : null;
    const { wall, cpu } = await costOf(pool, mine);
    const share = { wall: start.wall / PHOTOS_A_CHILD, cpu: start.cpu / PHOTOS_A_CHILD };
    pairs.push({
      mine: { wall: wall + share.wall, cpu: cpu + share.cpu },
      theirs: before ?? (await costOf(null, theirs)),
    });
  }
  return pairs;
}

function printMemory(pool: Pool): void {
  const [child = 0] = pool.pids;
  const [resident, peak] = [residentMebibytes(child, 'VmRSS'), residentMebibytes(child, 'VmHWM')];
  const heap = process.memoryUsage().heapUsed / 2 ** 20;
  console.log(`\nchild RSS ${resident.toFixed(0)} MiB, peak ${peak.toFixed(0)} MiB`);
  console.log(
    `this process RSS ${residentMebibytes('self', 'VmRSS').toFixed(0)} MiB, heap ${heap.toFixed(0)} MiB`,
  );
}

function printRatio(pairs: Pair[]): void {
  const wall = median(pairs.map(({ mine, theirs }) => theirs.wall / mine.wall));
  const cpu = median(pairs.map(({ mine, theirs }) => theirs.cpu / mine.cpu));
  console.log(
    `\n${PAIRS} pairs, median: wall ratio ${wall.toFixed(2)}, CPU ratio ${cpu.toFixed(2)}; the lower counts`,
  );
  console.log(`develop: ratio ${Math.min(wall, cpu).toFixed(2)} (goal ${GOAL.toFixed(2)})`);
}

async function compare(images: Images, folder: string, pool: Pool): Promise<void> {
  const [ours, floor] = await Promise.all([mkdtemp(join(folder, 'ours-')), mkdtemp(join(folder, 'floor-'))]);
  const request = { inputPath: await photoFile(folder), outputFolder: ours, limits };
  const mine = () => pool.develop(request);
  const theirs = () => plainSharp(request.inputPath, floor);

  const start = await costOf(null, () => pool.warm());
  start.cpu += cpuOf(pool.pids);
  const { renditions } = await mine();
  await theirs();
  await assertSame(
    ours,
    floor,
    Object.values(renditions).map(({ file }) => file),
  );

  const pairs = await measurePairs(pool, start, mine, theirs);
  const middle = (costs: Cost[]): Cost => ({
    wall: median(costs.map(({ wall }) => wall)),
    cpu: median(costs.map(({ cpu }) => cpu)),
  });
  print([
    ['pool and child (with its share of the start)', middle(pairs.map((pair) => pair.mine))],
    ['floor: plain sharp, decoded once', middle(pairs.map((pair) => pair.theirs))],
    ['plain sharp, one pipeline a rendition', await costOf(null, () => naive(request.inputPath, floor))],
    ['starting a child', start],
  ]);
  printMemory(pool);
  await printScaling(images, request);
  printRatio(pairs);
}

export async function run(): Promise<void> {
  const images = (await import(new URL('../dist/libs/images/src/index.js', here).href)) as Images;
  const folder = await mkdtemp(join(tmpdir(), 'narwhal-bench-'));
  const pool = new images.DevelopPool({ concurrency: 1 });
  try {
    await compare(images, folder, pool);
  } finally {
    await pool.close();
    await rm(folder, { recursive: true });
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await run();
