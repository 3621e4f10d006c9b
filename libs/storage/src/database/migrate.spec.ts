import { afterEach, beforeEach, expect, test } from 'vitest';
import { freshDatabase, type TestDatabase } from '../../../../test/harness/database.js';
import { migrate } from './migrate.js';
import { migrationNames, migrations, schemaBehind } from './migrations.js';
import type { Queryable } from './queryable.js';

let database: TestDatabase;
let queryable: Pick<Queryable, 'query'>;
beforeEach(async () => {
  database = await freshDatabase('empty');
  queryable = {
    query: async <Row>(_: string, sql: string, parameters: readonly unknown[] = []) => {
      const rows = (await database.query(sql, [...parameters])) as Row[];
      return { rows, count: rows.length };
    },
  };
});
afterEach(() => database.close());

test('an empty database gets every migration once, in order', async () => {
  expect(await migrate(database.operatorUrl)).toEqual(migrationNames);
  expect(await migrate(database.operatorUrl)).toEqual([]);
});

test('two migrators at once apply each migration once', async () => {
  const applied = await Promise.all([migrate(database.operatorUrl), migrate(database.operatorUrl)]);
  expect(applied.flat()).toEqual(migrationNames);
});

test('a migrator gives a lock up after two seconds, lets others through, and tries again', async () => {
  // An open transaction has taken the name: creating the sequence waits until it ends.
  const holder = database.query('BEGIN; CREATE SEQUENCE id_clock; SELECT pg_sleep(3); ROLLBACK');
  const said: string[] = [];
  expect(await migrate(database.operatorUrl, (line) => said.push(line))).toEqual(migrationNames);
  await holder;
  expect(said.join()).toContain('trying again');
});

test('names end with a number that grows from file to file, which is how the runner orders them', () => {
  const numbers = migrationNames.map((name) => Number(name.slice(-13)));
  expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
  expect(new Set(numbers).size).toBe(migrationNames.length);
});

test('there is no way back', async () => {
  const [First] = migrations;
  if (!First) throw new Error('expected a migration but found none');
  await expect(new First().down({} as never)).rejects.toThrow('forward only');
});

test('a database says which migrations it has not had', async () => {
  expect(await schemaBehind(queryable)).toEqual(migrationNames);
  await migrate(database.operatorUrl);
  expect(await schemaBehind(queryable)).toEqual([]);
  await database.query('DELETE FROM migrations WHERE name = $1', [migrationNames[1]]);
  expect(await schemaBehind(queryable)).toEqual([migrationNames[1]]);
});

test('a database that is ahead of the program is not behind', async () => {
  await migrate(database.operatorUrl);
  await database.query(
    "INSERT INTO migrations (timestamp, name) VALUES (1867225600000, 'Future1867225600000')",
  );
  expect(await schemaBehind(queryable)).toEqual([]);
});
