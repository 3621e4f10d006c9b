import { readFileSync, readdirSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { mixedPhotos } from './memory-photos.ts';
import { memoryPicture } from './memory-picture.ts';
import { signUp, startApi, startWorker, type Fixtures, type Narwhal } from './fixtures.ts';
import { closeUploads, multipart, readyAt, type Upload } from './uploads.ts';

const GOAL = 600;
const PHOTOS = 500;
/** Concurrent uploads: two are developed, and the queue always has a choice. */
const AT_ONCE = 4;
const SAMPLE_MILLISECONDS = 50;

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
      await readyAt(database, (JSON.parse(body) as { id: string }).id);
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

/**
 * A worker and its children, as in production, over 500 mixed photos, two at once; or over as many as fit in that many
 * seconds.
 */
export async function run(fixtures: Fixtures, [seconds = 'Infinity']: readonly string[]): Promise<void> {
  const paths = await mixedPhotos(fixtures.folder);
  const api = await startApi(fixtures, { QUOTA_BYTES: '1000000000000', DEVELOP_CONCURRENCY: '2' });
  const worker = await startWorker(fixtures, api);
  await sleep(2_000);
  const empty = together(worker.pid);
  const curve: number[] = [];
  const timer = setInterval(() => curve.push(together(worker.pid)), SAMPLE_MILLISECONDS);
  const done = await developAll(api, paths, Number(seconds)).finally(() => clearInterval(timer));
  const picture = memoryPicture(curve, { goal: GOAL, photos: done });
  await writeFile(new URL('../docs/measurements/memory.svg', import.meta.url), picture);
  const third = Math.floor(curve.length / 3);
  console.log(`\n${done} photos of ${new Set(paths).size} kinds, two at once`);
  console.log(`before the first ${empty.toFixed(0)} MB; mean of each third: ${mean(curve.slice(0, third))},`);
  console.log(`${mean(curve.slice(third, 2 * third))} and ${mean(curve.slice(-third))} MB`);
  console.log(`memory: peak ${Math.max(...curve).toFixed(0)} MB (goal ${GOAL})`);
}
