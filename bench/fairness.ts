import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import sharp from 'sharp';
import { signUp, startApi, startWorker, type Fixtures, type Narwhal } from './fixtures.ts';
import { closeUploads, multipart, photoBytes, readyAt, type Upload } from './uploads.ts';
import { interleavedPairs, median, printTable } from './measuring.ts';

/**
 * From the last byte of one person's 12 MP photo to `ready`, while a hundred photos of 256 MP of another account wait. Its
 * floor is the same photo without other load: the others' rows are held back meanwhile.
 */
const GOAL = 3;
const PAIRS = 7;
const PATIENCE = 120_000;
const SIDE = 16_000;

interface Scene {
  database: pg.Client;
  upload: Upload;
  photo: Buffer;
  greedy: string;
}

async function untilWorking({ database, greedy }: Scene, wanted: boolean): Promise<void> {
  for (const deadline = Date.now() + PATIENCE; Date.now() < deadline; await sleep(100)) {
    const { rowCount } = await database.query(
      `SELECT 1 FROM photos WHERE owner_id = $1 AND state = 'processing' AND attempted_at > now() - interval '3 seconds'`,
      [greedy],
    );
    if ((rowCount ?? 0) > 0 === wanted) return;
  }
  throw new Error(`expected the large photos to ${wanted ? 'be worked at' : 'rest'} but they do not`);
}

async function once(scene: Scene, isBeside: boolean): Promise<number> {
  const { database, upload, photo, greedy } = scene;
  await database.query(
    `UPDATE photos SET due_at = CASE WHEN $2 THEN NULL ELSE 'infinity'::timestamptz END
     WHERE owner_id = $1 AND state = 'processing'`,
    [greedy, isBeside],
  );
  await untilWorking(scene, isBeside);
  const { body, sent } = await upload(photo);
  const { id } = JSON.parse(body) as { id: string };
  return (await readyAt(database, id)) - sent;
}

/** A hundred by default: each row waits, whether it is the tenth or the hundredth. */
async function queue(api: Narwhal, database: pg.Client, count: number): Promise<string> {
  const { id, headers } = await signUp(api, 'greedy');
  const upload = multipart(`${api.url}/v1/photos`, headers);
  const large = await sharp({
    create: { width: SIDE, height: SIDE, channels: 3, background: '#246' },
    limitInputPixels: false,
  })
    .png()
    .toBuffer();
  for (let index = 0; index < count; index += 1) await upload(large);
  const { rows } = await database.query<{ waiting: number }>(
    `SELECT count(*)::int AS waiting FROM photos WHERE owner_id = $1 AND state = 'processing'`,
    [id],
  );
  console.log(`${rows[0]?.waiting ?? 0} photos of ${SIDE} x ${SIDE} wait, of one account`);
  return id;
}

/** With this many large photos, a hundred by default. */
export async function run(fixtures: Fixtures, [count = '100']: readonly string[]): Promise<void> {
  const api = await startApi(fixtures, { QUOTA_BYTES: '1000000000000' });
  await startWorker(fixtures, api);
  const database = new pg.Client({ connectionString: api.databaseUrl });
  await database.connect();
  const { headers } = await signUp(api, 'patient');
  const upload = multipart(`${api.url}/v1/photos`, headers);
  const photo = await photoBytes();
  try {
    const scene = { database, upload, photo, greedy: await queue(api, database, Number(count)) };
    await once(scene, false);
    const pairs = await interleavedPairs(
      PAIRS,
      () => once(scene, true),
      () => once(scene, false),
    );
    printTable(
      ['a 12 MP photo, last byte sent -> ready, ms', 'median', 'most'],
      (['ours', 'floor'] as const).map((side) => {
        const times = pairs.map((pair) => pair[side]);
        const name = side === 'ours' ? 'beside the large ones' : 'alone';
        return [name, median(times).toFixed(0), Math.max(...times).toFixed(0)];
      }),
    );
    const ratio = median(pairs.map(({ ours, floor }) => ours / floor));
    console.log(`\nfairness: ratio ${ratio.toFixed(2)} (goal at most ${GOAL.toFixed(2)})`);
  } finally {
    await database.end();
    closeUploads();
  }
}
