import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { ensureProgram } from '../tools/dev/system-packages.ts';
import { interleavedPairs, median } from './pairs.ts';
import type { Narwhal } from './fixtures.ts';
import { printTable } from './table.ts';
import { drive } from './wrk.ts';

const PAIRS = 5;
const CONNECTIONS = 32;
const SECONDS = 4;

/** A write request, and pgbench's equivalent for the floor. */
export interface Writes {
  /** Each request adds one row here. */
  table: string;
  /** SQL that selects the subjects of the requests; `requests` gets their ids. */
  things: string;
  /** pgbench's script: the rows of one request. */
  rows: string;
  /** wrk's script: the requests after the first `from`. */
  requests: (things: readonly string[], from: number) => string;
}

/** Write requests through one api, beside pgbench that inserts the same rows at the same concurrency: the median ratio of their rates. */
export async function besidePgbench(api: Narwhal, writes: Writes): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'narwhal-writes-'));
  const client = new pg.Client({ connectionString: api.databaseUrl });
  await client.connect();
  try {
    return await measure(api, client, folder, writes);
  } finally {
    await client.end();
    rmSync(folder, { recursive: true });
  }
}

async function measure(api: Narwhal, client: pg.Client, folder: string, writes: Writes): Promise<number> {
  const { table, things, rows, requests } = writes;
  const { rows: found } = await client.query<{ id: string }>(`SELECT id FROM ${things} ORDER BY id`);
  const ids = found.map(({ id }) => id);
  const written = async (): Promise<number> =>
    Number((await client.query<{ n: string }>(`SELECT count(*) AS n FROM ${table}`)).rows[0]?.n);
  const [script, file] = [join(folder, 'rows.sql'), join(folder, 'requests.lua')];
  writeFileSync(script, rows);
  let sent = 0;
  const ours = async (): Promise<number> => {
    writeFileSync(file, requests(ids, sent), { mode: 0o600 });
    const before = await written();
    const load = await drive(['-t1', `-c${CONNECTIONS}`, `-d${SECONDS}s`, '--latency', '-s', file, api.url]);
    const made = (await written()) - before;
    sent += Math.ceil(load.rate * (SECONDS + 1)) + CONNECTIONS;
    if (load.failed > 0 || made < load.rate * SECONDS * 0.95)
      throw new Error(
        `${load.failed} requests failed, and of ${load.rate * SECONDS} ${table} ${made} were made`,
      );
    return load.rate;
  };
  const pgbench = ensureProgram('pgbench', 'postgresql-contrib');
  const floor = (): Promise<number> => {
    const args = ['-n', '-c', String(CONNECTIONS), '-j', '1', '-T', String(SECONDS), '-f', script];
    const { stdout, stderr } = spawnSync(pgbench, [...args, api.databaseUrl], { encoding: 'utf8' });
    const rate = Number(/tps = ([\d.]+)/.exec(stdout)?.[1]);
    if (!Number.isFinite(rate)) throw new Error(`pgbench said:\n${stdout}${stderr}`);
    return Promise.resolve(rate);
  };
  await ours();
  const pairs = await interleavedPairs(PAIRS, ours, floor);
  printTable(
    ['pair', 'pgbench', table, 'ratio'],
    pairs.map((pair, index) => [
      String(index + 1),
      `${pair.floor.toFixed(0)}/s`,
      `${pair.ours.toFixed(0)}/s`,
      (pair.ours / pair.floor).toFixed(2),
    ]),
  );
  return median(pairs.map((pair) => pair.ours / pair.floor));
}
