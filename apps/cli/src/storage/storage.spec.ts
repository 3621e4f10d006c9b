import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { freshDatabase, type TestDatabase } from '../../../../test/harness/database.js';
import { openDatabase } from '../../../../test/harness/open-database.js';
import { run } from './storage.js';

let database: TestDatabase;
let folder: string;
let said: string;
beforeAll(async () => {
  database = await freshDatabase();
  folder = await mkdtemp(join(tmpdir(), 'narwhal-storage-'));
});
afterAll(() => Promise.all([database.close(), rm(folder, { recursive: true })]));
beforeEach(() => {
  vi.stubEnv('DATABASE_URL', database.operatorUrl);
  vi.stubEnv('STORAGE_DIR', folder);
  said = '';
  for (const stream of [process.stdout, process.stderr])
    vi.spyOn(stream, 'write').mockImplementation((text) => {
      said += String(text);
      return true;
    });
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

test('verify of an empty instance finds nothing wrong', async () => {
  expect(await run(['verify'])).toBe(0);
  expect(said).toContain('every row has its objects, and every object its row');
});

test('verify finds the row whose objects are gone', async () => {
  await database.query(
    `INSERT INTO photos (shard, id, owner_id, state, folder, bytes, type, width, height)
     SELECT 5, id, id, 'ready', 'ab/' || repeat('c', 30), 1, 'image/png', 1, 1 FROM next_id(5) AS id`,
  );
  expect(await run(['verify'])).toBe(1);
  expect(said).toMatch(/problems\n$/);
  await database.query('TRUNCATE photos');
});

test('migrate to a store that is not configured is refused before anything moves', async () => {
  expect(await run(['migrate', 'disk', 's3'])).toBe(1);
  expect(said).toBe('expected S3_BUCKET and what belongs to it, but it is not set\n');
});

test('two of them never work at once on one database', async () => {
  const other = await openDatabase(database.url, 2);
  const runner = other.createQueryRunner();
  await runner.query(`SELECT pg_advisory_lock(hashtext('narwhal storage'))`);
  expect(await run(['redevelop', '--all'])).toBe(1);
  expect(said).toContain('is at work on this database');
  await other.destroy();
  said = '';
  expect(await run(['redevelop', '--all'])).toBe(0);
});
