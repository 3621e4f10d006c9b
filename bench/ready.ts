import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { signUp, startApi, startWorker, type Fixtures } from './fixtures.ts';
import { closeUploads, multipart, photoBytes, readyAt } from './uploads.ts';
import { interleavedPairs, median, printTable, quantile } from './measuring.ts';

/**
 * From the last byte of an upload to `ready`, through api, rows, queue, worker and store, without other load. Its floor is
 * the pipeline's own time: the same photo, file to files, by a warm pool of children in this process.
 */
type Images = typeof import('../libs/images/src/index.js');

const GOAL = 1.3;
const PAIRS = 41;

const here = new URL('./', import.meta.url);
const limits = { pixels: 268_402_689, formats: ['image/jpeg'], developSeconds: 60, childMemory: 1.5e9 };

export async function run(fixtures: Fixtures): Promise<void> {
  const images = (await import(new URL('../dist/libs/images/src/index.js', here).href)) as Images;
  const photo = await photoBytes();
  const api = await startApi(fixtures, { QUOTA_BYTES: '1000000000000' });
  await startWorker(fixtures, api);
  const { headers } = await signUp(api, 'sender');
  const upload = multipart(`${api.url}/v1/photos`, headers);
  const database = new pg.Client({ connectionString: api.databaseUrl });
  await database.connect();
  const folder = await mkdtemp(join(fixtures.folder, 'own-'));
  const inputPath = join(folder, 'original');
  await writeFile(inputPath, photo);
  const pool = new images.DevelopPool({ concurrency: 1 });
  await pool.warm();
  const own = async () => {
    const start = performance.now();
    await pool.develop({ inputPath, outputFolder: folder, limits });
    return { ready: performance.now() - start };
  };
  const ours = async () => {
    const { body, sent } = await upload(photo);
    const { id } = JSON.parse(body) as { id: string };
    return { ready: (await readyAt(database, id)) - sent };
  };
  try {
    await own();
    await ours();
    const pairs = await interleavedPairs(PAIRS, ours, own);
    const values = (side: 'ours' | 'floor') => pairs.map((pair) => pair[side].ready);
    const row = (name: string, times: number[]) => [
      name,
      ...[0.5, 0.95].map((share) => quantile(times, share).toFixed(0)),
    ];
    printTable(
      ['a 12 MP JPEG, ms', 'p50', 'p95'],
      [row('last byte sent -> ready', values('ours')), row('the pipeline’s own time', values('floor'))],
    );
    const p95 = quantile(values('ours'), 0.95) / quantile(values('floor'), 0.95);
    const ratio = median(pairs.map(({ ours: mine, floor }) => mine.ready / floor.ready));
    console.log(`\n${PAIRS} pairs; ratio of the p95s ${p95.toFixed(2)}`);
    console.log(`ready: ratio ${ratio.toFixed(2)} (goal at most ${GOAL.toFixed(2)})`);
  } finally {
    await pool.close();
    await database.end();
    closeUploads();
    await rm(folder, { recursive: true });
  }
}
