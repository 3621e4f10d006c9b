import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freshDatabase, type TestDatabase } from '../../../../test/harness/database.js';
import { schemaDrift } from './schema-drift.js';

let database: TestDatabase;
beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database.close());

describe('the schema', () => {
  test('is the same in the entities and in the migrations', async () => {
    expect(await schemaDrift(database.operatorUrl)).toEqual([]);
  });
});

describe('the comparison', () => {
  test.each([
    ['a column that no entity has', 'ALTER TABLE users ADD extra integer', 'DROP COLUMN "extra"'],
    [
      'a column without a comment',
      'COMMENT ON COLUMN posts.caption IS NULL',
      'column posts.caption has no comment',
    ],
    ['another comment', "COMMENT ON COLUMN saves.id IS 'no'", 'Orders the list of saved posts'],
    ['another default', 'ALTER TABLE posts ALTER sensitive DROP DEFAULT', 'SET DEFAULT false'],
    ['another nullability', 'ALTER TABLE photos ALTER folder DROP NOT NULL', '"folder" SET NOT NULL'],
    ['an index that is missing', 'DROP INDEX outbox_age', 'index outbox_age is declared but not made'],
    ['an index that nobody declared', 'CREATE INDEX odd ON mutes (id)', 'DROP INDEX "public"."odd"'],
    ['a table without an entity', 'CREATE TABLE stray (id bigint)', 'table stray has no entity'],
  ])('finds %s', async (_, change, line) => {
    await database.query(change);
    expect((await schemaDrift(database.operatorUrl)).join('\n')).toContain(line);
  });
});
