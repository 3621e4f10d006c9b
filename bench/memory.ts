import { readFileSync, readdirSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { mixedPhotos } from './memory-photos.ts';
import { memoryPicture } from './memory-picture.ts';

type Images = typeof import('../libs/storage/src/images/index.js');
type Pool = InstanceType<Images['DevelopPool']>;

const GOAL = 600;
/** What a whole worker (NestJS, PostgreSQL, Redis) occupies without a photo; here only its pool runs. */
const WORKER = 130;
const SAMPLE_MILLISECONDS = 50;
const COLUMNS = 72;
const ROWS = 12;

const here = new URL('.', import.meta.url);
const formats = ['image/jpeg', 'image/png', 'image/webp', 'image/avif', 'image/heic', 'image/gif'];
const limits = {
  pixels: 268_402_689,
  avifPixels: 25_165_824,
  formats,
  developSeconds: 60,
  childMemory: 1.5e9,
};

/** Every process's parent, so that a decoder that a child has started is counted, too. */
function parents(): Map<number, number> {
  const found = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'latin1');
      found.set(Number(name), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]));
    } catch {
      // It ended while we looked.
    }
  }
  return found;
}

/** Pages that processes share are counted once (PSS); resident memory would count the same library for each child. */
function occupied(pid: number): number {
  try {
    const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1');
    return Number(/^Pss:\s+(\d+)/m.exec(text)?.[1] ?? 0) / 1_024;
  } catch {
    return 0;
  }
}

function together(pool: Pool): number {
  const family = new Set(pool.pids);
  for (const [pid, parent] of parents()) if (family.has(parent)) family.add(pid);
  // A shell that has become the decoder is a grandchild at most: one more look finds all.
  for (const [pid, parent] of parents()) if (family.has(parent)) family.add(pid);
  return [...family].reduce((sum, pid) => sum + occupied(pid), WORKER);
}

function plot(curve: number[]): void {
  const width = Math.max(1, Math.ceil(curve.length / COLUMNS));
  const peaks: number[] = [];
  for (let at = 0; at < curve.length; at += width) peaks.push(Math.max(...curve.slice(at, at + width)));
  for (let row = ROWS; row > 0; row -= 1) {
    const level = (GOAL / ROWS) * row;
    const line = peaks.map((peak) => (peak > level - GOAL / ROWS / 2 ? '#' : ' ')).join('');
    console.log(`${level.toFixed(0).padStart(5)} MB |${line}`);
  }
  console.log(`         +${'-'.repeat(peaks.length)}`);
}

async function developAll(pool: Pool, paths: string[], seconds: number, folder: string): Promise<number> {
  const end = Date.now() + seconds * 1_000;
  let done = 0;
  const line = async () => {
    while (Date.now() < end && done < 500) {
      const inputPath = paths[done % paths.length] ?? '';
      done += 1;
      const outputFolder = await mkdtemp(join(folder, 'photo-'));
      await pool.develop({ inputPath, outputFolder, limits });
      await rm(outputFolder, { recursive: true });
    }
  };
  // Four ask, two are served: the queue always has something to choose from.
  await Promise.all([line(), line(), line(), line()]);
  return done;
}

/** 500 mixed photos at two at once, or as many as `seconds` (the second argument of `npm run bench -- memory`) let. */
export async function run(seconds = Number(process.argv[3] ?? 60)): Promise<void> {
  const { DevelopPool } = (await import(
    new URL('../dist/libs/storage/src/images/index.js', here).href
  )) as Images;
  const folder = await mkdtemp(join(tmpdir(), 'narwhal-memory-'));
  const pool = new DevelopPool({ concurrency: 2 });
  const curve: number[] = [];
  try {
    const paths = await mixedPhotos(folder);
    await pool.warm();
    const timer = setInterval(() => curve.push(together(pool)), SAMPLE_MILLISECONDS);
    const done = await developAll(pool, paths, seconds, folder);
    clearInterval(timer);
    plot(curve);
    await writeFile(
      new URL('../docs/figures/memory.svg', here),
      memoryPicture(curve, { goal: GOAL, photos: done }),
    );
    const mean = (part: number[]) => part.reduce((sum, value) => sum + value, 0) / Math.max(1, part.length);
    const third = Math.floor(curve.length / 3);
    console.log(
      `\n${done} photos of ${new Set(paths).size} kinds, two at once; a worker's own ${WORKER} MB included`,
    );
    console.log(
      `mean of the second third ${mean(curve.slice(third, 2 * third)).toFixed(0)} MB, of the last ${mean(curve.slice(-third)).toFixed(0)} MB`,
    );
    console.log(`memory: peak ${Math.max(...curve).toFixed(0)} MB (goal ${GOAL})`);
  } finally {
    await pool.close();
    await rm(folder, { recursive: true });
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await run();
