import { randomBytes } from 'node:crypto';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { freshDatabase, type TestDatabase } from '../../../../../test/harness/database.js';
import { dataSourceOptions } from '../data-source.js';
import { Database } from '../database.js';
import { AttemptRows, HEAVY_PIXELS } from './attempts.js';
import { PendingRows, type Pending } from './pending.js';

const SILENT = 10;
let database: TestDatabase;
let source: DataSource;
let attempts: AttemptRows;
let pending: PendingRows;

beforeAll(async () => {
  database = await freshDatabase();
  source = await new DataSource(
    dataSourceOptions({ url: database.url, name: 'attempts', pool: 4 }),
  ).initialize();
  const sql = new Database(source);
  attempts = new AttemptRows(sql);
  pending = new PendingRows(sql);
});
afterAll(async () => {
  await source.destroy();
  await database.close();
});
beforeEach(() => database.query('TRUNCATE photos, outbox'));

const [ada, grace] = ['1', '2'];

/** A photo that an owner sent `ago` seconds ago; `columns` override those of a photo that has just arrived. */
async function photo(owner: string, ago: number, columns: Record<string, string> = {}): Promise<string> {
  const names = Object.keys(columns);
  const [row] = await database.query<{ id: string }>(
    `INSERT INTO photos (shard, id, owner_id, state, folder, created_at${names.map((name) => `, ${name}`).join('')})
     VALUES (0, next_id(0), $1, 'processing', $2, now() - make_interval(secs => $3)${Object.values(columns)
       .map((value) => `, ${value}`)
       .join('')}) RETURNING id`,
    [owner, randomBytes(16).toString('hex'), ago],
  );
  return row?.id ?? '';
}

const taken = async (mayBeHeavy = true) => (await attempts.take(SILENT, mayBeHeavy))?.id ?? null;

describe('the next photo', () => {
  test('is of whoever had the fewest pixels decoded lately', async () => {
    const hers = [await photo(ada, 30), await photo(ada, 29), await photo(ada, 28)];
    const his = [await photo(grace, 2), await photo(grace, 1)];
    expect([await taken(), await taken(), await taken(), await taken(), await taken()]).toEqual([
      hers[0],
      his[0],
      hers[1],
      his[1],
      hers[2],
    ]);
    expect(await taken()).toBeNull();
  });

  test('counts pixels, not photos', async () => {
    await photo(ada, 60, { pixels: '200000000', attempted_at: 'now()' });
    const hers = await photo(ada, 50);
    const his = [await photo(grace, 3), await photo(grace, 2), await photo(grace, 1)];
    expect([await taken(), await taken(), await taken(), await taken()]).toEqual([...his, hers]);
  });

  test('is no heavy one where no heavy one may be taken', async () => {
    const heavy = await photo(ada, 30, { pixels: String(HEAVY_PIXELS + 1) });
    const light = await photo(grace, 1);
    expect([await taken(false), await taken(false), await taken(true)]).toEqual([light, null, heavy]);
  });

  test('is due, and of no worker that lives', async () => {
    await photo(ada, 30, { due_at: `now() + interval '1 minute'` });
    await photo(ada, 30, { attempted_at: `now() - interval '3 seconds'` });
    const left = await photo(ada, 30, { attempted_at: `now() - interval '1 minute'` });
    expect([await taken(), await taken()]).toEqual([left, null]);
  });
});

test('pauses grow with the time for which a photo fails', async () => {
  const id = await photo(ada, 0);
  const pauses: number[] = [];
  for (const failing of [0, 60, 100_000]) {
    await database.query(
      `UPDATE photos SET due_at = NULL, failing_since = CASE WHEN $2 > 0 THEN now() - make_interval(secs => $2) END WHERE id = $1`,
      [id, failing],
    );
    const row = await attempts.take(SILENT, true);
    if (row) await attempts.putBack(row, 'there is no object');
    const [after] = await database.query<{ pause: number }>(
      'SELECT round(extract(epoch FROM due_at - now()))::int AS pause FROM photos WHERE id = $1',
      [id],
    );
    pauses.push(after?.pause ?? 0);
  }
  expect(pauses[0]).toBeLessThanOrEqual(2);
  expect(pauses[1]).toBeGreaterThan(50);
  expect(pauses[2]).toBeGreaterThan(590);
  expect(pauses[2]).toBeLessThanOrEqual(600);
});

async function photosThatWait(): Promise<Pending> {
  const found = (await pending.read()).find(({ kind }) => kind === 'photos');
  if (!found) throw new Error('expected a row of photos');
  return found;
}

describe('what is stuck', () => {
  test('is not a backlog that moves', async () => {
    for (let count = 0; count < 5; count += 1) await photo(ada, 900);
    await photo(ada, 900, { attempted_at: 'now()' });
    await photo(grace, 0, { settled_at: 'now()' });
    expect(await photosThatWait()).toMatchObject({ count: 7, stuck: 0, stuckAge: 0, lately: 1 });
  });

  test('is a backlog in which nothing moves', async () => {
    const oldest = await photo(ada, 900);
    await photo(ada, 300);
    await photo(ada, 5);
    const { count, stuck, stuckAge, oldest: named } = await photosThatWait();
    expect([count, stuck, named]).toEqual([3, 2, oldest]);
    expect(Math.round(stuckAge / 100)).toBe(9);
  });

  test('is a photo that has failed for an hour, whatever else moves; not one that fails for minutes', async () => {
    await photo(ada, 900, { attempted_at: 'now()' });
    await photo(ada, 900, { failing_since: `now() - interval '10 minutes'` });
    expect(await photosThatWait()).toMatchObject({ stuck: 0 });
    const failing = await photo(ada, 9_000, { failing_since: `now() - interval '2 hours'` });
    expect(await photosThatWait()).toMatchObject({ stuck: 1, oldest: failing });
  });

  test('is an effect that failed, or one that is overdue while none moves', async () => {
    const effect = (columns: string) =>
      database.query(
        `INSERT INTO outbox (shard, id, kind, subject_id, created_at, attempted_at, error)
         VALUES (0, next_id(0), 'user.changed', 1, now() - interval '5 minutes', ${columns})`,
      );
    const stuck = async () => (await pending.read()).find(({ kind }) => kind === 'outbox')?.stuck;
    await effect('NULL, NULL');
    expect(await stuck()).toBe(1);
    await effect('now(), NULL');
    expect(await stuck()).toBe(0);
    await effect(`now(), 'it broke'`);
    expect(await stuck()).toBe(1);
  });
});
