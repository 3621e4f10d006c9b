import { linkSync, mkdirSync, writeFileSync } from 'node:fs';
import { createHash, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import pg from 'pg';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { radosgwInstalled, startRadosgw, type Radosgw } from '../test/servers/radosgw.ts';
import { renditions } from '../libs/platform/src/photos/renditions.ts';
import type { Fixtures } from './fixtures.ts';
import { printTable, residentOf } from './measuring.ts';

/**
 * `storage verify` over many photos, and `storage migrate` over some, from disk to S3 (radosgw, in memory) and back: the rate
 * and the memory. The photos of `verify` are rows made by SQL, and files that are links to a few: it only reads an object's
 * name and size. Those of `migrate` have their own bytes, as many as the 12 MP photo's renditions.
 */
const PHOTOS = 200_000;
const MOVED = 60;
const ORIGINAL_BYTES = 4_167_727;
const RENDITION_BYTES = [742, 3_238, 12_464, 7_858, 25_988, 57_660, 92_283];
/** ext4 allows 65,000 names per file. */
const LINKS = 50_000;
const SAMPLE_MILLISECONDS = 100;

const names = Object.values(renditions).map(({ file }) => file);
const folderOf = (index: number): string => {
  const text = createHash('md5').update(`${index}`).digest('hex');
  return `${text.slice(0, 2)}/${text.slice(2)}`;
};

async function fillRows(url: string, count: number, bytes: number): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const sizes = Object.keys(renditions).map((name) => `"${name}": {"width": 1, "height": 1, "bytes": 1}`);
  await client.query(`TRUNCATE photos`);
  await client.query(
    `INSERT INTO photos (shard, id, owner_id, state, folder, bytes, sha256, type, width, height, renditions, settled_at)
     SELECT n % 8192, n, 1, 'ready', left(md5(n::text), 2) || '/' || substr(md5(n::text), 3), $2, sha256(n::text::bytea),
       'image/jpeg', 4032, 3024, $3::jsonb, now()
     FROM generate_series(1, $1) n`,
    [count, bytes, `{${sizes.join(', ')}}`],
  );
  await client.query('ANALYZE photos');
  await client.end();
}

/** Each a link to one of a few files, which lie beside the store. */
function fillLinks(folder: string, root: string, count: number): void {
  for (let index = 1; index <= count; index += 1) {
    const path = join(root, folderOf(index));
    mkdirSync(path, { recursive: true });
    const source = join(folder, `source-${Math.floor(index / LINKS)}`);
    if (index % LINKS === 0 || index === 1)
      for (const name of ['original', ...names]) writeFileSync(`${source}-${name}`, 'x');
    for (const name of ['original', ...names]) linkSync(`${source}-${name}`, join(path, name));
  }
}

function fillFiles(root: string, count: number): void {
  for (let index = 1; index <= count; index += 1) {
    const path = join(root, folderOf(index));
    mkdirSync(path, { recursive: true });
    writeFileSync(join(path, 'original'), randomBytes(ORIGINAL_BYTES));
    for (const [at, name] of names.entries())
      writeFileSync(join(path, name), randomBytes(RENDITION_BYTES[at] ?? 0));
  }
}

interface Took {
  seconds: number;
  /** Resident, in MB: the peak, and the means of the second and of the last third of the time. */
  peak: number;
  thirds: [number, number];
}

/** Runs the command as an operator does. @throws when it reports a fault */
async function timed(fixtures: Fixtures, settings: Record<string, string>, args: string[]): Promise<Took> {
  const curve: number[] = [];
  let timer: NodeJS.Timeout | undefined;
  const start = performance.now();
  await fixtures.program(
    `storage-${args.join('-')}`,
    ['dist/apps/cli/src/main.js', 'storage', ...args],
    settings,
    (pid) => (timer = setInterval(() => curve.push(residentOf(pid) / 1e6), SAMPLE_MILLISECONDS)),
  );
  clearInterval(timer);
  const seen = curve.filter((value) => value > 0);
  const third = Math.floor(seen.length / 3);
  const mean = (part: number[]) => part.reduce((sum, value) => sum + value, 0) / Math.max(1, part.length);
  return {
    seconds: (performance.now() - start) / 1_000,
    peak: Math.max(...seen),
    thirds: [mean(seen.slice(third, 2 * third)), mean(seen.slice(-third))],
  };
}

const row = (name: string, photos: number, megabytes: number | null, { seconds, peak, thirds }: Took) => [
  name,
  seconds.toFixed(1),
  (photos / seconds).toFixed(0),
  ((photos * (names.length + 1)) / seconds).toFixed(0),
  megabytes === null ? '' : (megabytes / seconds).toFixed(0),
  peak.toFixed(0),
  thirds.map((value) => value.toFixed(0)).join(', '),
];

async function bucket({ endpoint, accessKeyId, secretAccessKey }: Radosgw): Promise<Record<string, string>> {
  const credentials = { accessKeyId, secretAccessKey };
  const region = 'us-east-1';
  const client = new S3Client({ endpoint, credentials, forcePathStyle: true, region });
  await client.send(new CreateBucketCommand({ Bucket: 'photos' }));
  client.destroy();
  return {
    S3_BUCKET: 'photos',
    S3_ENDPOINT: endpoint,
    S3_REGION: region,
    S3_ACCESS_KEY_ID: accessKeyId,
    S3_SECRET_ACCESS_KEY: secretAccessKey,
  };
}

async function measureMoves(fixtures: Fixtures, database: string): Promise<string[][]> {
  if (!(await radosgwInstalled())) return [];
  const root = join(fixtures.folder, 'moved');
  fillFiles(root, MOVED);
  await fillRows(database, MOVED, ORIGINAL_BYTES);
  const s3 = await startRadosgw();
  try {
    const settings = { DATABASE_URL: database, STORAGE_DIR: root, ...(await bucket(s3)) };
    const all = (MOVED * (ORIGINAL_BYTES + RENDITION_BYTES.reduce((sum, bytes) => sum + bytes, 0))) / 1e6;
    const rows: string[][] = [];
    for (const way of [
      ['disk', 's3'],
      ['s3', 'disk'],
    ])
      rows.push(
        row(
          `migrate ${way.join(' ')}, ${MOVED} photos`,
          MOVED,
          all,
          await timed(fixtures, settings, ['migrate', ...way]),
        ),
      );
    return rows;
  } finally {
    await s3.stop();
  }
}

/** With this many photos for `verify`. */
export async function run(fixtures: Fixtures, [given]: readonly string[]): Promise<void> {
  const photos = Number(given ?? PHOTOS);
  const { owner: database } = await fixtures.postgres();
  const root = join(fixtures.folder, 'objects');
  await fillRows(database, photos, 1);
  fillLinks(fixtures.folder, root, photos);
  const verified = await timed(fixtures, { DATABASE_URL: database, STORAGE_DIR: root }, ['verify']);
  const moves = await measureMoves(fixtures, database);
  printTable(
    ['', 'seconds', 'photos/s', 'objects/s', 'MB/s', 'peak MB', 'MB, second and last third'],
    [row(`verify, ${photos} photos`, photos, null, verified), ...moves],
  );
  const [second, last] = verified.thirds;
  console.log(`\nstorage: ratio ${(last / second).toFixed(2)} (goal: memory of verify's last third, 1.1)`);
}
