import { setTimeout as sleep } from 'node:timers/promises';
import { isAway } from '@app/platform';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cable, type Cable } from '../../../../../test/harness/cable.js';
import { freshDatabase, type TestDatabase } from '../../../../../test/harness/database.js';
import { patient } from '../../../../../test/harness/pace.js';
import { openDataSource } from '../data-source.js';
import { readsFromReplica } from './read-request.js';
import { Replica } from './replica.js';
import { ReplicatedDatabase } from './replicated-database.js';

const limits = { read: patient(5_000), write: patient(5_000) };

/** Two databases that may be told apart; a replica that leads by now counts as one. */
let first: TestDatabase;
let second: TestDatabase;
let way: Cable;
let source: DataSource;
let database: ReplicatedDatabase;

beforeAll(async () => {
  [first, second] = await Promise.all([freshDatabase(), freshDatabase()]);
  way = await cable(first.operatorUrl);
  source = await openDataSource({ url: way.url, name: 'spec', pool: 4 });
  const replica = new Replica({ url: second.operatorUrl, name: 'spec', pool: 2, limit: limits.read });
  database = new ReplicatedDatabase(source, limits, replica);
  await first.query('CREATE TABLE things AS SELECT 1 AS number');
  await second.query('CREATE TABLE things AS SELECT 2 AS number WHERE false');
});
afterAll(async () => {
  await database.onApplicationShutdown();
  await source.destroy();
  await way.close();
  await Promise.all([first.close(), second.close()]);
});

const reading = <Result>(work: () => Promise<Result>): Promise<Result> =>
  new Promise((settle, fail) => database.readRequest().run(() => void work().then(settle, fail)));
const where = async (more = ''): Promise<string> => {
  const found = await database.value<string>('spec.where', `SELECT current_database() ${more}`);
  return second.url.endsWith(`/${found}`) ? 'the replica' : 'the primary';
};
/** Whatever was wrong with the way before. */
async function mended(): Promise<void> {
  way.slow(0);
  way.cut();
  await way.mend();
  await expect.poll(() => reading(where), { timeout: patient(20_000) }).toBe('the primary');
}
const fault = (work: Promise<unknown>) =>
  work.then(
    () => 'was answered',
    (error: unknown) => error,
  );

test('the replica answers what a request reads when the primary refuses, and when it says nothing', async () => {
  expect(await reading(async () => [await where(), readsFromReplica()])).toEqual(['the primary', false]);
  way.cut();
  expect(await reading(async () => [await where(), readsFromReplica()])).toEqual(['the replica', true]);
  expect(await Promise.all([reading(where), reading(where)])).toEqual(['the replica', 'the replica']);
  await mended();
  way.slow(patient(600_000));
  expect(await reading(where)).toBe('the replica');
});

test('nothing else is asked of it', async () => {
  await mended();
  way.cut();
  expect(isAway(await fault(where()))).toBe(true);
  expect(isAway(await fault(database.findForSure((tx) => tx.first('spec.find', 'SELECT 1'))))).toBe(true);
  const writing = reading(() => database.transaction((tx) => tx.query('spec.delete', 'DELETE FROM things')));
  expect(isAway(await fault(writing))).toBe(true);
  const inserting = reading(() => database.query('spec.insert', 'INSERT INTO things VALUES (3)'));
  expect(isAway(await fault(inserting))).toBe(true);
  expect(await second.query('SELECT FROM things')).toEqual([]);
});

test('what it does not find does not exist', async () => {
  await mended();
  const find = () => database.findForSure((tx) => tx.first('spec.find', 'SELECT number FROM things'));
  expect(await reading(find)).toEqual({ number: 1 });
  way.cut();
  expect(await reading(find)).toBeNull();
});

test('a slow statement is left to a primary that answers others', async () => {
  await mended();
  let isOver = false;
  const slow = reading(() => where('FROM pg_sleep(1.5)')).finally(() => (isOver = true));
  while (!isOver) {
    await where();
    await sleep(20);
  }
  expect(await slow).toBe('the primary');
});
