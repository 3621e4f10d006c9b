import { afterAll, beforeAll, expect, test } from 'vitest';
import { freshDatabase, type TestDatabase } from '../../../../../test/harness/database.js';
import { openDatabase } from '../../../../../test/harness/open-database.js';
import { Database } from '../database.js';
import { PostgresProbe } from '../postgres-probe.js';
import { BackupRows } from './backups.js';

let database: TestDatabase;
let rows: BackupRows;
let close: () => Promise<void>;
beforeAll(async () => {
  database = await freshDatabase();
  const source = await openDatabase(database.operatorUrl, 2);
  rows = new BackupRows(new Database(source));
  close = () => source.destroy();
});
afterAll(async () => {
  await close();
  await database.close();
});

const ago = (minutes: number): Date => new Date(Date.now() - minutes * 60_000);

test('the newest of each kind is told, with the age of the newest good one', async () => {
  expect(await rows.newest()).toEqual([]);
  await rows.record({ kind: 'backup', begunAt: ago(3), good: false, sentence: 'no room' });
  const [first] = await rows.newest();
  expect(first).toMatchObject({ kind: 'backup', good: false, sentence: 'no room' });
  expect(first?.age).toBeGreaterThanOrEqual(180);
  await rows.record({ kind: 'backup', begunAt: ago(2), good: true, sentence: '4 MB', bytes: 4_000_000 });
  await rows.record({ kind: 'backup', begunAt: ago(1), good: false, sentence: 'no room' });
  await rows.record({ kind: 'drill', begunAt: ago(1), good: true, sentence: 'as the original' });
  const [backup, drill] = await rows.newest();
  expect(backup).toMatchObject({ kind: 'backup', good: false });
  expect(backup?.age).toBeLessThan(180);
  expect(drill).toMatchObject({ kind: 'drill', good: true, bytes: 0 });
});

test('a good one is not forgotten behind many that failed', async () => {
  for (let minute = 150; minute > 0; minute -= 1)
    await rows.record({ kind: 'verify', begunAt: ago(minute), good: minute === 150, sentence: '' });
  const counts = await database.query<{ good: boolean; count: number }>(
    `SELECT good, count(*)::int FROM backups WHERE kind = 'verify' GROUP BY good ORDER BY good`,
  );
  expect(counts).toEqual([
    { good: false, count: 100 },
    { good: true, count: 1 },
  ]);
});

test('one that is dated in the future is not taken for a new one', async () => {
  const record = (age: string) =>
    database.query(`INSERT INTO backups (kind, begun_at, ended_at, good, sentence)
      SELECT 'wal', now() - age, now() - age, true, '' FROM (VALUES (interval '${age}')) AS v (age)`);
  const age = async () => (await rows.newest()).find(({ kind }) => kind === 'wal')?.age;
  await record('-1 year');
  expect(await age()).toBeGreaterThan(1_000_000_000);
  await record('1 hour');
  expect(await age()).toBeGreaterThanOrEqual(3_600);
  expect(await age()).toBeLessThan(3_800);
});

test('WAL that waits for the archive is counted by the role of api and worker', async () => {
  const probe = new PostgresProbe(database.url, 5_000);
  await database.query(`SELECT pg_logical_emit_message(false, 'test', 'test'), pg_switch_wal()`);
  await expect.poll(async () => (await probe.facts()).walWaiting).toBeLessThan(3);
  await probe.close();
});
