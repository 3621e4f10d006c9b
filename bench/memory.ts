import { readFileSync, readdirSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { mixedPhotos } from './memory-photos.ts';
import { memoryPicture } from './memory-picture.ts';
import { signUp, Fixtures, startApi, startWorker, type Narwhal } from './fixtures.ts';
import { closeUploads, multipart, type Upload } from './uploads.ts';

const GOAL = 600;
const PHOTOS = 500;
/** Concurrent uploads: two are developed, and the queue always has a choice. */
const AT_ONCE = 4;
const PATIENCE = 120_000;
const SAMPLE_MILLISECONDS = 50;
const COLUMNS = 72;
const ROWS = 12;

/** Every process's parent, so that a decoder that a child has started is counted, too. */
function parents(): Map<number, number> {
  const found = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'latin1');
      found.set(Number(name), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]));
    } catch {
      // The process ended meanwhile.
    }
  }
  return found;
}

/** Shared pages are counted once (PSS); resident memory would count the same library for each child. */
function occupied(pid: number): number {
  try {
    const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1');
    return Number(/^Pss:\s+(\d+)/m.exec(text)?.[1] ?? 0) / 1_024;
  } catch {
    return 0;
  }
}

/** The memory of a worker and its descendants. */
function together(worker: number): number {
  const family = new Set([worker]);
  const all = parents();
  for (let before = 0; before < family.size;) {
    before = family.size;
    for (const [pid, parent] of all) if (family.has(parent)) family.add(pid);
  }
  return [...family].reduce((sum, pid) => sum + occupied(pid), 0);
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

async function developed(database: pg.Pool, id: string): Promise<void> {
  for (const deadline = Date.now() + PATIENCE; Date.now() < deadline; await sleep(50)) {
    const { rows } = await database.query<{ state: string; rejection: string | null }>(
      `SELECT state, rejection FROM photos WHERE id = $1`,
      [id],
    );
    if (rows[0]?.state === 'ready') return;
    if (rows[0]?.state === 'rejected') throw new Error(`photo ${id} is rejected: ${rows[0].rejection}`);
  }
  throw new Error(`photo ${id} is not ready after ${PATIENCE / 1_000} s`);
}

/** A new user each time a file is sent again: the same bytes from the same user would be no new photo. */
function senders(api: Narwhal): (path: string) => Promise<Upload> {
  const people: Promise<Upload>[] = [];
  const sent = new Map<string, number>();
  const person = async (index: number) =>
    multipart(`${api.url}/v1/photos`, (await signUp(api, `sender${index}`)).headers, { salted: false });
  return (path) => {
    const index = sent.get(path) ?? 0;
    sent.set(path, index + 1);
    return (people[index] ??= person(index));
  };
}

/** Returns how many photos were developed. */
async function developAll(api: Narwhal, paths: string[], seconds: number): Promise<number> {
  const database = new pg.Pool({ connectionString: api.databaseUrl, max: AT_ONCE });
  const senderOf = senders(api);
  const end = Date.now() + seconds * 1_000;
  let done = 0;
  const line = async () => {
    while (Date.now() < end && done < PHOTOS) {
      const path = paths[done % paths.length] ?? '';
      done += 1;
      const upload = await senderOf(path);
      const { body } = await upload(readFileSync(path));
      await developed(database, (JSON.parse(body) as { id: string }).id);
    }
  };
  try {
    await Promise.all(Array.from({ length: AT_ONCE }, line));
  } finally {
    await database.end();
    closeUploads();
  }
  return done;
}

const mean = (part: number[]): string =>
  (part.reduce((sum, value) => sum + value, 0) / Math.max(1, part.length)).toFixed(0);

async function measure(fixtures: Fixtures, seconds: number): Promise<void> {
  const paths = await mixedPhotos(fixtures.folder);
  const api = await startApi(fixtures, { QUOTA_BYTES: '1000000000000', DEVELOP_CONCURRENCY: '2' });
  const worker = await startWorker(fixtures, api);
  await sleep(2_000);
  const empty = together(worker.pid);
  const curve: number[] = [];
  const timer = setInterval(() => curve.push(together(worker.pid)), SAMPLE_MILLISECONDS);
  const done = await developAll(api, paths, seconds).finally(() => clearInterval(timer));
  plot(curve);
  const picture = memoryPicture(curve, { goal: GOAL, photos: done });
  await writeFile(new URL('../docs/figures/memory.svg', import.meta.url), picture);
  const third = Math.floor(curve.length / 3);
  console.log(`\n${done} photos of ${new Set(paths).size} kinds, two at once`);
  console.log(`before the first ${empty.toFixed(0)} MB; mean of each third: ${mean(curve.slice(0, third))},`);
  console.log(`${mean(curve.slice(third, 2 * third))} and ${mean(curve.slice(-third))} MB`);
  console.log(`memory: peak ${Math.max(...curve).toFixed(0)} MB (goal ${GOAL})`);
}

/**
 * A worker and its children, as in production, over 500 mixed photos, two at once; or over as many as fit in `seconds` (the
 * second argument of `npm run bench -- memory`).
 */
export async function run(seconds = Number(process.argv[3] ?? Infinity)): Promise<void> {
  const fixtures = new Fixtures();
  try {
    await measure(fixtures, seconds);
  } finally {
    await fixtures.close();
  }
}

if (import.meta.main) await run();
