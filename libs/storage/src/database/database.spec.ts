import { isAway } from '@app/platform';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { freshDatabase, type TestDatabase } from '../../../../test/harness/database.js';
import { dataSourceOptions } from './data-source.js';
import { Database } from './database.js';
import type { Queryable } from './queryable.js';

const POOL = 2;

let testDatabase: TestDatabase;
let source: DataSource;
let database: Database;

beforeAll(async () => {
  testDatabase = await freshDatabase();
  await testDatabase.query('CREATE TABLE things (number int PRIMARY KEY)');
  source = await new DataSource(
    dataSourceOptions({ url: testDatabase.url, name: 'spec', pool: POOL }),
  ).initialize();
  database = new Database(source);
});
afterAll(async () => {
  await source.destroy();
  await testDatabase.close();
});
beforeEach(() => testDatabase.query('DELETE FROM things'));

const put = (tx: Queryable, number: number) =>
  tx.query('thing.insert', 'INSERT INTO things (number) VALUES ($1)', [number]);
const numbers = async (): Promise<number[]> =>
  (await testDatabase.query<{ number: number }>('SELECT number FROM things ORDER BY 1')).map(
    ({ number }) => number,
  );

describe('a transaction', () => {
  test('commits what was sent together, answered in the order in which it was sent', async () => {
    const answers = await database.transaction((tx) =>
      Promise.all([put(tx, 1), put(tx, 2), tx.query('thing.count', 'SELECT count(*)::int AS n FROM things')]),
    );
    expect(answers[2]?.rows).toEqual([{ n: 2 }]);
    expect(await numbers()).toEqual([1, 2]);
  });

  test('of which one statement fails leaves nothing, and tells its fault rather than those that follow from it', async () => {
    // Its error arrives after those that follow from it.
    const again = (tx: Queryable) =>
      put(tx, 1)
        .finally(() => undefined)
        .finally(() => undefined);
    const made = database.transaction((tx) => Promise.all([put(tx, 1), again(tx), put(tx, 2)]));
    await expect(made).rejects.toMatchObject({ code: '23505' });
    expect(await numbers()).toEqual([]);
  });

  test('whose work throws after its statements leaves nothing', async () => {
    const made = database.transaction(async (tx) => {
      await put(tx, 1);
      throw new Error('not today');
    });
    await expect(made).rejects.toThrow('not today');
    expect(await numbers()).toEqual([]);
  });

  test('that PostgreSQL ends leaves nothing, and every connection of the pool good', async () => {
    for (let round = 0; round < POOL * 2; round += 1) {
      const made = database.transaction(async (tx) => {
        await put(tx, 1);
        const { rows } = await tx.query<{ pid: number }>('pid', 'SELECT pg_backend_pid() AS pid');
        await testDatabase.query('SELECT pg_terminate_backend($1)', [rows[0]?.pid]);
        await Promise.all([put(tx, 2), put(tx, 3)]);
      });
      await expect(made).rejects.toThrow();
    }
    expect(await numbers()).toEqual([]);
    await Promise.all(
      Array.from({ length: POOL * 3 }, (_, number) => database.transaction((tx) => put(tx, number))),
    );
    expect(await numbers()).toEqual([0, 1, 2, 3, 4, 5]);
    expect(database.pool).toMatchObject({ busy: 0, waiting: 0 });
  });

  test('that loses its connection between two statements says so, and its fault is no mistake of ours', async () => {
    const made = database.transaction(async (tx) => {
      const { rows } = await tx.query<{ pid: number }>('pid', 'SELECT pg_backend_pid() AS pid');
      await testDatabase.query('SELECT pg_terminate_backend($1)', [rows[0]?.pid]);
      await expect
        .poll(() => testDatabase.query('SELECT 1 FROM pg_stat_activity WHERE pid = $1', [rows[0]?.pid]))
        .toEqual([]);
      await put(tx, 1);
    });
    const fault: unknown = await made.catch((error: unknown) => error);
    expect(fault).toSatisfy(isAway);
    expect(database.pool).toMatchObject({ busy: 0, waiting: 0 });
  });

  test('that PostgreSQL rolls back to end a deadlock is run again', async () => {
    const held = [1, 2].map(() => Promise.withResolvers<void>());
    let runs = 0;
    const committed = Promise.withResolvers<void>();
    const locking = (first: number, second: number, own: number) => {
      let isFirst = true;
      const made = database.transaction(async (tx) => {
        runs += 1;
        // Earlier, it might take its first row again before the other has it: a second deadlock.
        if (!isFirst) await committed.promise;
        isFirst = false;
        await tx.query('thing.lock', 'UPDATE things SET number = number WHERE number = $1', [first]);
        held[own]?.resolve();
        await Promise.all(held.map(({ promise }) => promise));
        await tx.query('thing.lock', 'UPDATE things SET number = number WHERE number = $1', [second]);
      });
      return made.then(committed.resolve);
    };
    await database.transaction((tx) => Promise.all([put(tx, 1), put(tx, 2)]));
    await Promise.all([locking(1, 2, 0), locking(2, 1, 1)]);
    expect(runs).toBe(3);
  });
});
