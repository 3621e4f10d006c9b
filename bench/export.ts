import { linkSync, mkdirSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { createHash, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { signUp, startApi, startWorker, type Fixtures, type Narwhal } from './fixtures.ts';
import { interleavedPairs, mebibytes, median, printTable, residentOf } from './measuring.ts';

/**
 * Exports by a worker, from the moment that it takes one up until its zip is stored and told, beside yazl alone, which puts the same files
 * into a zip on the same disk. Photos are rows made by SQL, and files that are links to one.
 */
const GOAL = 2;
const PREVIEW_BYTES = 25_988;
const SCENARIOS = [
  { posts: 2_000, bytes: 300_000, pairs: 5 },
  { posts: 20_000, bytes: 1_000, pairs: 1 },
];
const KEPT_FOR = 7 * 86_400;
const FIRST_PAUSE = 60;

type Scenario = (typeof SCENARIOS)[number];

interface Account {
  id: string;
  /** Originals and previews. */
  files: string[];
}

const folderOf = (owner: string, index: number): string => {
  const text = createHash('md5').update(`${owner} ${index}`).digest('hex');
  return `${text.slice(0, 2)}/${text.slice(2)}`;
};

/** Posts of one photo each. */
async function fill(
  client: pg.Client,
  root: string,
  id: string,
  { posts, bytes }: Scenario,
): Promise<Account> {
  await client.query(
    `WITH made AS (
       INSERT INTO posts (shard, id, author_id, state, fanned_out, published_at, caption)
       SELECT shard_of($1::bigint), next_id(shard_of($1::bigint)), $1, 'published', true, now(), 'Fog over the pier, number ' || n
       FROM generate_series(1, $2::int) n RETURNING shard, id),
     numbered AS (SELECT shard, id, row_number() OVER () AS n FROM made)
     INSERT INTO photos (shard, id, owner_id, state, folder, bytes, type, post_id, position, alt_text, width, height, renditions, settled_at)
     SELECT shard, next_id(shard), $1, 'ready', left(md5($1::text || ' ' || n), 2) || '/' || substr(md5($1::text || ' ' || n), 3), $3,
       'image/jpeg', id, 0, 'A pier', 640, 480, '{"w640": {"width": 640, "height": 480, "bytes": 1}}', now() FROM numbered`,
    [id, posts, bytes],
  );
  await client.query('ANALYZE');
  const files: string[] = [];
  const kinds = [
    ['original', bytes],
    ['w640.webp', Math.min(bytes, PREVIEW_BYTES)],
  ] as const;
  for (const [name, size] of kinds) {
    const source = join(root, `${id}-${name}`);
    writeFileSync(source, randomBytes(size));
    for (let index = 1; index <= posts; index += 1) {
      const folder = join(root, folderOf(id, index));
      mkdirSync(folder, { recursive: true });
      linkSync(source, join(folder, name));
      files.push(join(folder, name));
    }
  }
  return { id, files };
}

/** The seconds that a worker takes, by its own row, and the bytes of the zip. */
async function exported(
  client: pg.Client,
  root: string,
  owner: string,
): Promise<{ seconds: number; bytes: number }> {
  const folder = `ee/${randomBytes(15).toString('hex')}`;
  await client.query(
    `WITH made AS (INSERT INTO transfers (shard, id, user_id, kind, folder, locale)
       SELECT shard_of($1::bigint), next_id(shard_of($1::bigint)), $1, 'export', $2, 'en' RETURNING shard, id)
     INSERT INTO outbox (shard, id, kind, subject_id) SELECT shard, next_id(shard), 'export.make', id FROM made`,
    [owner, folder],
  );
  for (;;) {
    const { rows } = await client.query<{
      state: string;
      error: string | null;
      bytes: string;
      seconds: number;
    }>(
      `SELECT state, error, bytes, extract(epoch FROM expires_at - next_try_at)::float8 - $2 + $3 AS seconds
       FROM transfers WHERE folder = $1`,
      [folder, KEPT_FOR, FIRST_PAUSE],
    );
    const [row] = rows;
    if (row?.error) throw new Error(row.error);
    if (row?.state === 'ready') {
      unlinkSync(join(root, folder, 'export1.zip'));
      return { seconds: row.seconds, bytes: Number(row.bytes) };
    }
    await sleep(50);
  }
}

async function measure(
  fixtures: Fixtures,
  { api, worker, client }: { api: Narwhal; worker: number; client: pg.Client },
  scenario: Scenario,
): Promise<{ row: string[]; ratio: number }> {
  const root = api.settings['STORAGE_DIR'] ?? '';
  const { id } = await signUp(api, `exporter${scenario.posts}`);
  const { files } = await fill(client, root, id, scenario);
  const list = join(fixtures.folder, 'files.json');
  const target = join(fixtures.folder, 'floor.zip');
  writeFileSync(list, JSON.stringify(files));
  let runs = 0;
  const floor = async () => {
    const begun = performance.now();
    await fixtures.program(
      `floor${scenario.posts}-${(runs += 1)}`,
      ['bench/export-floor.ts', list, target],
      {},
    );
    const seconds = (performance.now() - begun) / 1_000;
    const bytes = statSync(target).size;
    unlinkSync(target);
    return { seconds, bytes };
  };
  const ours = () => exported(client, root, id);
  const before = residentOf(worker);
  const pairs = await interleavedPairs(scenario.pairs, ours, floor);
  const of = (side: 'ours' | 'floor') => median(pairs.map((pair) => pair[side].seconds));
  const ratio = median(pairs.map((pair) => pair.ours.seconds / pair.floor.seconds));
  return {
    ratio,
    row: [
      `${scenario.posts} posts of ${scenario.bytes} bytes`,
      mebibytes(pairs[0]?.ours.bytes ?? 0),
      of('ours').toFixed(2),
      of('floor').toFixed(2),
      ratio.toFixed(2),
      mebibytes(before),
      mebibytes(residentOf(worker, 'VmHWM')),
    ],
  };
}

export async function run(fixtures: Fixtures): Promise<void> {
  const api = await startApi(fixtures);
  const worker = await startWorker(fixtures, api);
  const client = new pg.Client({ connectionString: api.databaseUrl });
  await client.connect();
  fixtures.endWith(() => client.end());
  const results = [];
  for (const scenario of SCENARIOS)
    results.push(await measure(fixtures, { api, worker: worker.pid, client }, scenario));
  printTable(
    ['', 'zip', 'export, s', 'yazl alone, s', 'ratio', 'worker before', 'its peak'],
    results.map(({ row }) => row),
  );
  console.log(`\n${SCENARIOS[0]?.pairs} pairs`);
  console.log(`export: ratio ${(results[0]?.ratio ?? NaN).toFixed(2)} (goal at most ${GOAL.toFixed(2)})`);
}
