import cliProgress from 'cli-progress';
import pg from 'pg';
import { CopyRows } from './copy-rows.ts';
import { peopleFills, type Fill } from './fill-people.ts';
import { postFills } from './fill-posts.ts';
import { talkFills } from './fill-talk.ts';
import type { Dataset } from './dataset.ts';

const fills: readonly Fill[] = [...peopleFills, ...talkFills, ...postFills];

/** The words of names for search: folded by PostgreSQL itself, as in the migration. */
const searchWords = [
  ['user', 'users', 'username, s.display_name', 'followers_count'],
  ['tag', 'tags', 'name', 'posts_count'],
  ['place', 'places', 'name', 'posts_count'],
].map(
  ([kind, table, names, size]) => `
    INSERT INTO search_words (shard, subject_id, word, kind, whole, rank)
    SELECT s.shard, s.id, w.word, '${kind}', w.whole, search_rank(s.${size})
    FROM ${table} s CROSS JOIN LATERAL search_words(s.${names}) AS w`,
);

/** The recent posts with the most likes; the product computes their score, but here any order will do. */
const popularPosts = `
  INSERT INTO popular_posts (shard, post_id, score)
  SELECT p.shard, p.id, log(2, p.likes_count) FROM posts p JOIN users u ON u.shard = p.shard AND u.id = p.author_id
  WHERE p.created_at > now() - interval '6 days' AND p.likes_count > 0 AND NOT p.archived AND NOT u.private
  ORDER BY 3 DESC LIMIT 1000`;

/** Tables derived from other tables. */
const derived = [
  { table: 'search_words', statements: searchWords },
  { table: 'popular_posts', statements: [popularPosts] },
];

/** The progress bar's step, in rows. */
const STRIDE = 10_000;

interface Definition {
  drop: string;
  create: string;
}

/** Indexes are built once over all rows: maintaining them row by row would take several times as long. */
async function indexesOf(client: pg.Client, table: string): Promise<Definition[]> {
  const { rows } = await client.query<Definition>(
    `SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname) AS drop,
       format('ALTER TABLE %s ADD CONSTRAINT %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid)) AS create
     FROM pg_constraint WHERE conrelid = $1::regclass AND contype IN ('p', 'u')
     UNION ALL
     SELECT format('DROP INDEX %s', indexrelid::regclass), pg_get_indexdef(indexrelid)
     FROM pg_index i WHERE indrelid = $1::regclass
       AND NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conindid = i.indexrelid)`,
    [table],
  );
  return rows;
}

async function copy(
  client: pg.Client,
  fill: Fill,
  dataset: Dataset,
  tick: (rows: number) => void,
): Promise<void> {
  const rows = CopyRows.open(client, fill.table, fill.columns);
  const count = fill.count(dataset);
  for (let number = 0; number < count; number += 1) {
    fill.row(rows, number, dataset);
    if (rows.full) await rows.drain();
    if (number % STRIDE === STRIDE - 1) tick(STRIDE);
  }
  tick(count % STRIDE);
  await rows.close();
}

/** Empties, fills and indexes one table in one transaction, so that an interrupted run leaves no partial table. */
async function fillTable(client: pg.Client, table: string, work: () => Promise<void>): Promise<void> {
  const indexes = await indexesOf(client, table);
  await client.query('BEGIN');
  await client.query(`TRUNCATE ${table}`);
  for (const { drop } of indexes) await client.query(drop);
  await work();
  for (const { create } of indexes) await client.query(create);
  await client.query('INSERT INTO bench_filled VALUES ($1)', [table]);
  await client.query('COMMIT');
  await client.query(`VACUUM (ANALYZE) ${table}`);
}

/**
 * Fills a migrated database with people and all their activity, table by table; skips tables that an earlier run has filled.
 * `tables`: only those.
 */
export async function load(databaseUrl: string, dataset: Dataset, tables?: readonly string[]): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  // After a signal, the server ends first.
  client.on('error', () => undefined);
  await client.connect();
  await client.query(`SET maintenance_work_mem = '512MB'`);
  await client.query('CREATE TABLE IF NOT EXISTS bench_filled (name text PRIMARY KEY)');
  const { rows } = await client.query<{ name: string }>('SELECT name FROM bench_filled');
  const filled = new Set(rows.map(({ name }) => name));
  const isWanted = (table: string): boolean => !filled.has(table) && (tables?.includes(table) ?? true);
  const missing = fills.filter(({ table }) => isWanted(table));
  const bar = new cliProgress.SingleBar({
    format: 'Generating  {bar}  {percentage} %  {table}  {duration_formatted}',
    noTTYOutput: true,
    notTTYSchedule: 10_000,
    hideCursor: true,
  });
  bar.start(
    missing.reduce((sum, fill) => sum + fill.count(dataset), 0),
    0,
    { table: '' },
  );
  try {
    for (const fill of missing) {
      bar.update({ table: fill.table });
      await fillTable(client, fill.table, () => copy(client, fill, dataset, (rows) => bar.increment(rows)));
    }
    for (const { table, statements } of derived) {
      if (!isWanted(table)) continue;
      bar.update({ table });
      await fillTable(client, table, async () => {
        for (const statement of statements) await client.query(statement);
      });
    }
  } finally {
    bar.stop();
    await client.end();
  }
}
