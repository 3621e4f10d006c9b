import { mkdtemp, stat, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { naive, plainSharp } from './develop-floor.ts';
import type { Fixtures } from './fixtures.ts';
import { cpuOf, interleavedPairs, mebibytes, median, printTable, residentOf } from './measuring.ts';
import { photoBytes } from './uploads.ts';

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

async function compare(images: Images, folder: string, pool: Pool): Promise<void> {
  const [ours, floor] = await Promise.all([mkdtemp(join(folder, 'ours-')), mkdtemp(join(folder, 'floor-'))]);
  const request = { inputPath: join(folder, 'photo'), outputFolder: ours, limits };
  await writeFile(request.inputPath, await photoBytes());
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

  const withStart = ({ wall, cpu }: Cost): Cost => ({
    wall: wall + start.wall / PHOTOS_A_CHILD,
    cpu: cpu + start.cpu / PHOTOS_A_CHILD,
  });
  const pairs = await interleavedPairs(
    PAIRS,
    async () => withStart(await costOf(pool, mine)),
    () => costOf(null, theirs),
  );
  const middle = (side: 'ours' | 'floor'): Cost => ({
    wall: median(pairs.map((pair) => pair[side].wall)),
    cpu: median(pairs.map((pair) => pair[side].cpu)),
  });
  const row = (name: string, { wall, cpu }: Cost) => [name, wall.toFixed(1), cpu.toFixed(1)];
  printTable(
    ['a 12 MP JPEG to all renditions', 'wall ms', 'CPU ms'],
    [
      row('pool and child (with its share of the start)', middle('ours')),
      row('floor: plain sharp, decoded once', middle('floor')),
      row('plain sharp, one pipeline a rendition', await costOf(null, () => naive(request.inputPath, floor))),
      row('starting a child', start),
    ],
  );
  const [child = 0] = pool.pids;
  console.log(
    `\nchild ${mebibytes(residentOf(child))}, at its peak ${mebibytes(residentOf(child, 'VmHWM'))}`,
  );
  console.log(
    `this process ${mebibytes(residentOf('self'))}, heap ${mebibytes(process.memoryUsage().heapUsed)}`,
  );
  await printScaling(images, request);
  const ratios = (['wall', 'cpu'] as const).map((key) =>
    median(pairs.map((pair) => pair.floor[key] / pair.ours[key])),
  );
  console.log(
    `\n${PAIRS} pairs, medians of wall and CPU ratio ${ratios.map((one) => one.toFixed(2)).join(', ')}`,
  );
  console.log(`develop: ratio ${Math.min(...ratios).toFixed(2)} (goal ${GOAL.toFixed(2)})`);
}

export async function run({ folder }: Fixtures): Promise<void> {
  const images = (await import(new URL('../dist/libs/images/src/index.js', here).href)) as Images;
  const pool = new images.DevelopPool({ concurrency: 1 });
  await compare(images, folder, pool).finally(() => pool.close());
}
