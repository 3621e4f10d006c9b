import { readdirSync, readFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { isAway } from '@app/platform';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { servers } from '../../../../test/harness/servers.js';
import { startPostgres } from '../../../../tools/dev/postgres.ts';
import { dataSourceOptions } from './data-source.js';
import { Database } from './database.js';

const limits = { read: 300, write: 600 };

let postgres: Awaited<ReturnType<typeof startPostgres>>;
let source: DataSource;
let database: Database;

beforeAll(async () => {
  const dir = join(servers().folder, 'hung-postgres');
  postgres = await startPostgres({ dir, durable: false, logFile: `${dir}.log` });
  source = await new DataSource(
    dataSourceOptions({ url: postgres.operatorUrl, name: 'spec', pool: 3 }),
  ).initialize();
  database = new Database(source, limits);
  await database.query('thing.table', 'CREATE TABLE things (number int)');
});
afterAll(async () => {
  signal('SIGCONT');
  await source.destroy();
  await postgres.stop();
});

/** The server and all processes that it started; each leads its own process group. */
function signal(name: 'SIGSTOP' | 'SIGCONT'): void {
  const parents = new Map<number, number>();
  for (const entry of readdirSync('/proc').filter((text) => /^\d+$/.test(text))) {
    try {
      const [, parent] = /\) \S (\d+) /.exec(readFileSync(`/proc/${entry}/stat`, 'utf8')) ?? [];
      parents.set(Number(entry), Number(parent));
    } catch {
      // The process has ended.
    }
  }
  const family = [postgres.pid];
  for (const pid of family) {
    for (const [child, parent] of parents) if (parent === pid) family.push(child);
    process.kill(pid, name);
  }
}

const fault = (work: Promise<unknown>) =>
  work.then(
    () => 'was answered',
    (error: unknown) => error,
  );
const put = (number: number) =>
  database.transaction((tx) => tx.query('thing.insert', 'INSERT INTO things VALUES ($1)', [number]));
const numbers = async () =>
  (await database.query<{ number: number }>('thing.all', 'SELECT number FROM things ORDER BY 1')).rows.map(
    ({ number }) => number,
  );

test('who asks a PostgreSQL that hangs is told that it is away, and nobody is given the answer to another’s question', async () => {
  await Promise.all([put(1), put(2), put(3)]);
  signal('SIGSTOP');
  const faults = await Promise.all([
    fault(database.query('thing.one', 'SELECT 41 AS answer')),
    fault(database.query('thing.delete', 'DELETE FROM things WHERE number = 3')),
    fault(put(4)),
    // More than the pool has connections: these wait for one that is destroyed, and then for one that is never made.
    ...[5, 6, 7].map((number) => fault(put(number))),
  ]);
  expect(faults.filter((one) => !isAway(one))).toEqual([]);
  signal('SIGCONT');
  await expect.poll(() => fault(put(8))).toBe('was answered');
  const answers = await Promise.all(
    [1, 2, 3].map((number) => database.query('one', 'SELECT $1::int AS n', [number])),
  );
  expect(answers.map(({ rows }) => rows)).toEqual([[{ n: 1 }], [{ n: 2 }], [{ n: 3 }]]);
  const kept = await numbers();
  expect(kept, 'COMMIT of these was never sent').not.toContain(4);
  expect(kept).toEqual(expect.arrayContaining([1, 2, 8]));
  // A try at 8 may still be waiting for its end.
  await expect.poll(() => database.pool, { timeout: 20_000 }).toMatchObject({ busy: 0, waiting: 0 });
});

test('a lock that is held for too long ends the wait for it', async () => {
  const holder = source.createQueryRunner();
  await holder.startTransaction();
  await holder.query('LOCK TABLE things');
  expect(isAway(await fault(put(9)))).toBe(true);
  await holder.commitTransaction();
  await holder.release();
  expect(await numbers()).not.toContain(9);
});

test('later work has no limit', async () => {
  const patient = new Database(source);
  const { rows } = await patient.query('sleep', `SELECT 1 AS one, pg_sleep($1)`, [
    (limits.write / 1000) * 1.5,
  ]);
  expect(rows).toHaveLength(1);
});

test('a listener that accepts and says nothing is away', async () => {
  const sockets = new Set<Socket>();
  const silent: Server = createServer((socket) => sockets.add(socket));
  await new Promise<void>((done) => silent.listen(0, '127.0.0.1', done));
  const url = `postgres://narwhal:x@127.0.0.1:${(silent.address() as AddressInfo).port}/narwhal`;
  const attempt = new DataSource(dataSourceOptions({ url, name: 'spec' })).initialize();
  expect(isAway(await fault(attempt))).toBe(true);
  for (const socket of sockets) socket.destroy();
  silent.close();
});
