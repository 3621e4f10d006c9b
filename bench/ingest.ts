import { mkdirSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { freePort } from '../tools/dev/ports.ts';
import { signUp, startApi, type Fixtures, type Narwhal, type Serving } from './fixtures.ts';
import { closeUploads, multipart, photoBytes, tus, type Headers, type Upload } from './uploads.ts';
import { type Pair, cpuOf, interleavedPairs, median, printTable } from './measuring.ts';

/**
 * Bytes a second of uploads through one api process: POST /v1/photos (authenticated, sniffed, hashed, stored, synced, and
 * with its rows) and tus (a POST that creates the upload, and one PATCH). The floor: a bare Fastify handler in its own
 * process that pipes the same bytes to the same disk and makes them durable in the same way: file and folder synced.
 */
const GOALS = { photos: 0.85, tus: 0.6 };
const PAIRS = 15;
/** Bytes of each sample. */
const BYTES = 80e6;

/** Megabytes per second, and the serving process's CPU time for one of them in milliseconds. */
interface Cost {
  rate: number;
  cpu: number;
}

/** The cost of this many concurrent uploads. */
async function costOf(upload: Upload, pid: number, photo: Buffer, connections: number): Promise<Cost> {
  const count = Math.max(connections * 2, Math.round(BYTES / photo.length));
  let begun = 0;
  const line = async () => {
    while (begun < count) {
      begun += 1;
      await upload(photo);
    }
  };
  const [start, before] = [performance.now(), cpuOf([pid])];
  await Promise.all(Array.from({ length: connections }, line));
  const megabytes = (count * photo.length) / 1e6;
  return { rate: (megabytes * 1e3) / (performance.now() - start), cpu: (cpuOf([pid]) - before) / megabytes };
}

const ways = {
  photos: (url: string, headers: Headers) => multipart(`${url}/v1/photos`, headers),
  tus,
};
type Way = keyof typeof ways;

interface Sides {
  api: Narwhal;
  floor: Serving;
}

let people = 0;

async function photos(): Promise<[name: string, photo: Buffer][]> {
  const photo = await photoBytes();
  const largest = Buffer.concat([photo, randomBytes(40e6 - photo.length)]);
  return [
    ['12 MP', photo],
    ['40 MB', largest],
  ];
}

type Pairs = readonly Pair<Cost>[];
const ratioOf = (pairs: Pairs): number => median(pairs.map(({ ours, floor }) => ours.rate / floor.rate));
const middle = (pairs: Pairs, side: 'ours' | 'floor', key: keyof Cost, digits: number): string =>
  median(pairs.map((pair) => pair[side][key])).toFixed(digits);

/** Both sides of one way of uploading, measured alternately. Each sample has a new user: nobody has thousands of photos from one day. */
async function pairsOf(
  way: Way,
  { api, floor }: Sides,
  photo: Buffer,
  connections: number,
): Promise<Pair<Cost>[]> {
  const ours = async () => {
    people += 1;
    const { headers } = await signUp(api, `sender${people}`);
    return costOf(ways[way](api.url, headers), api.pid, photo, connections);
  };
  await ours();
  return interleavedPairs(PAIRS, ours, () =>
    costOf(multipart(`${floor.url}/durable`, {}), floor.pid, photo, connections),
  );
}

async function start(fixtures: Fixtures): Promise<Sides> {
  const api = await startApi(fixtures, { QUOTA_BYTES: '1000000000000', QUOTA_PHOTOS_PER_DAY: '1000000' });
  const port = String(await freePort());
  const folder = join(fixtures.folder, 'objects', 'floor');
  mkdirSync(folder);
  const floor = await fixtures.serve('floor', ['bench/ingest-floor.ts', port, folder], { PORT: port }, '/');
  return { api, floor };
}

async function measure(fixtures: Fixtures, only: string): Promise<void> {
  const sides = await start(fixtures);
  const rows: string[][] = [];
  const ratios = { photos: NaN, tus: NaN };
  for (const [name, photo] of await photos()) {
    for (const connections of [1, 4]) {
      for (const way of ['photos', 'tus'] as const) {
        const label = `${way}, ${name}, ${connections} at once`;
        if (!label.includes(only)) continue;
        const pairs = await pairsOf(way, sides, photo, connections);
        const plain = await costOf(
          multipart(`${sides.floor.url}/plain`, {}),
          sides.floor.pid,
          photo,
          connections,
        );
        const ratio = ratioOf(pairs);
        if (name === '12 MP' && connections === 4) ratios[way] = ratio;
        rows.push([
          label,
          middle(pairs, 'ours', 'rate', 0),
          middle(pairs, 'floor', 'rate', 0),
          ratio.toFixed(2),
          plain.rate.toFixed(0),
          middle(pairs, 'ours', 'cpu', 2),
          middle(pairs, 'floor', 'cpu', 2),
        ]);
      }
    }
  }
  console.log(`${PAIRS} pairs, medians; MB/s, and CPU milliseconds a MB of the serving process\n`);
  printTable(['uploads', 'api', 'floor', 'ratio', 'floor, nothing synced', 'CPU api', 'CPU floor'], rows);
  console.log('');
  for (const way of ['tus', 'photos'] as const)
    console.log(`ingest (${way}): ratio ${ratios[way].toFixed(2)} (goal ${GOALS[way].toFixed(2)})`);
}

/** The whole table, or the rows whose name contains `only`. */
export async function run(fixtures: Fixtures, [only = '']: readonly string[]): Promise<void> {
  await measure(fixtures, only).finally(closeUploads);
}
