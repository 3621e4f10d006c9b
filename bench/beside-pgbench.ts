import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type pg from 'pg';
import { withClient } from '../tools/dev/postgres.ts';
import { ensureProgram } from '../tools/dev/system-packages.ts';
import type { Narwhal, Person } from './fixtures.ts';
import { drive } from './wrk.ts';
import { interleavedPairs, median, printTable } from './measuring.ts';

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
  people: readonly Person[];
  /** The path of a request before and after a subject's id. */
  path: readonly [before: string, after: string];
  /** How far apart the subjects of concurrent requests are: 0 when everybody writes to one. */
  stride: number;
}

/** For wrk: the requests after the first `from`; each person writes to each subject once, even across restarts. */
const script = ({ people, path, stride }: Writes, things: readonly string[], from: number): string => `
local tokens = {${people.map(({ headers }) => `'${headers['authorization']}'`).join(', ')}}
local things = {${things.map((thing) => `'${thing}'`).join(', ')}}
local turn = ${from}
function request()
  local token, thing = tokens[turn % #tokens + 1], things[(math.floor(turn / #tokens) + turn % #tokens * ${stride}) % #things + 1]
  turn = turn + 1
  return wrk.format('PUT', '${path[0]}' .. thing .. '${path[1]}', { ['Authorization'] = token })
end
`;

/** Write requests through one api, beside pgbench that inserts the same rows at the same concurrency: the median ratio of their rates. */
export async function besidePgbench(api: Narwhal, writes: Writes): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'narwhal-writes-'));
  try {
    return await withClient(api.databaseUrl, (client) => measure(api, client, folder, writes));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function measure(api: Narwhal, client: pg.Client, folder: string, writes: Writes): Promise<number> {
  const { table, things, rows } = writes;
  const { rows: found } = await client.query<{ id: string }>(`SELECT id FROM ${things} ORDER BY id`);
  const ids = found.map(({ id }) => id);
  const written = async (): Promise<number> =>
    Number((await client.query<{ n: string }>(`SELECT count(*) AS n FROM ${table}`)).rows[0]?.n);
  const [inserts, file] = [join(folder, 'rows.sql'), join(folder, 'requests.lua')];
  writeFileSync(inserts, rows);
  let sent = 0;
  const ours = async (): Promise<number> => {
    writeFileSync(file, script(writes, ids, sent), { mode: 0o600 });
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
    const args = ['-n', '-c', String(CONNECTIONS), '-j', '1', '-T', String(SECONDS), '-f', inserts];
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
