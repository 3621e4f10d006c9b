import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { freshDatabase, type TestDatabase } from '../../../../test/harness/database.js';
import { run } from './migrate.js';

let database: TestDatabase;
beforeAll(async () => {
  database = await freshDatabase('empty');
});
afterAll(() => database.close());
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

/** Runs the command as an operator does, with these settings: its exit code, and what it said. */
async function migrated(settings: Record<string, string>): Promise<[code: number, said: string]> {
  for (const name of ['DATABASE_URL', 'DATABASE_DIRECT_URL']) vi.stubEnv(name, settings[name] ?? '');
  let said = '';
  const listen = (text: string | Uint8Array): boolean => {
    said += String(text);
    return true;
  };
  vi.spyOn(process.stdout, 'write').mockImplementation(listen);
  vi.spyOn(process.stderr, 'write').mockImplementation(listen);
  return [await run([]), said];
}

test('makes the schema past PgBouncer, names each migration, and does nothing the second time', async () => {
  const settings = {
    DATABASE_URL: 'postgres://narwhal@127.0.0.1:1/pool',
    DATABASE_DIRECT_URL: database.operatorUrl,
  };
  const [code, said] = await migrated(settings);
  expect(code).toBe(0);
  expect(said).toMatch(/^applied Ids/);
  expect(await migrated(settings)).toEqual([0, 'the schema is up to date\n']);
});

test('says in a sentence what an operator can do', async () => {
  const [code, said] = await migrated({ DATABASE_URL: 'postgres://ada:secret@127.0.0.1:1/narwhal' });
  expect(code).toBe(1);
  expect(said).toMatch(/^the migration failed: PostgreSQL does not listen at 127\.0\.0\.1:1: start it there/);
  expect(said).not.toContain('secret');
});

test('names a setting that is missing', async () => {
  const [code, said] = await migrated({});
  expect(code).toBe(1);
  expect(said).toContain('DATABASE_URL: expected a value, but it is not set');
});
