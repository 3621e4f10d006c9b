import type { Id } from '@app/platform';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freshDatabase, type TestDatabase } from '../../../../../test/harness/database.js';
import { dataSourceOptions } from '../data-source.js';
import { Database } from '../database.js';
import { Queryable } from '../queryable.js';
import { PopularRows } from './popular.js';
import { SuggestionRows } from './suggestions.js';
import { TermRows } from './terms.js';

type Made = new (database: Database) => object;
type Asked = [sql: string, parameters: readonly unknown[]];

let database: TestDatabase;
let source: DataSource;

beforeAll(async () => {
  database = await freshDatabase();
  source = new DataSource(dataSourceOptions({ url: database.url, name: 'spec' }));
  await source.initialize();
});
afterAll(async () => {
  await source.destroy();
  await database.close();
});

/** The queries that a repository sends, if each finds nothing. */
async function asked<Rows extends object>(
  Rows: new (database: Database) => Rows,
  ask: (rows: Rows, tx: Queryable) => Promise<unknown>,
): Promise<Asked[]> {
  const heard: Asked[] = [];
  class Ear extends Queryable {
    query(_: string, sql: string, parameters: readonly unknown[] = []) {
      heard.push([sql, parameters]);
      return Promise.resolve({ rows: [], count: 0 });
    }
  }
  const ear = new Ear();
  await ask(new Rows(ear as unknown as Database), ear);
  return heard;
}

/** The plan for tables too large to be read whole. */
async function planOf([sql, parameters]: Asked): Promise<string> {
  const client = source.createQueryRunner();
  try {
    await client.query('SET enable_seqscan = off');
    const lines = (await client.query(`EXPLAIN ${sql}`, [...parameters])) as { 'QUERY PLAN': string }[];
    return lines.map((line) => line['QUERY PLAN']).join('\n');
  } finally {
    await client.query('RESET enable_seqscan');
    await client.release();
  }
}

const page = { limit: 20, before: '9', after: null };
const seen = { stranger: false };
const lists: [string, Made, (rows: never, tx: Queryable) => Promise<unknown>][] = [
  ['the posts of a tag', TermRows, (rows: TermRows) => rows.posts('tag', '1', page, seen)],
  [
    'the posts of a tag, for strangers',
    TermRows,
    (rows: TermRows) => rows.posts('tag', '1', page, { stranger: true }),
  ],
  [
    'the posts of a tag, upwards',
    TermRows,
    (rows: TermRows) => rows.posts('tag', '1', { ...page, before: null, after: '9' }, seen),
  ],
  ['the posts of a place', TermRows, (rows: TermRows) => rows.posts('place', '1', page, seen)],
  ['tags by name', TermRows, (rows: TermRows) => rows.find('tag', ['fog'])],
  ['tags by id', TermRows, (rows: TermRows) => rows.read('tag', ['1'])],
  ['suggestions', SuggestionRows, (rows: SuggestionRows) => rows.page('1', page)],
  ['candidates for suggestions', SuggestionRows, (rows: SuggestionRows, tx) => rows.replace(tx, '1')],
  ['the age of suggestions', SuggestionRows, (rows: SuggestionRows) => rows.age('1')],
  ['dismissals', SuggestionRows, (rows: SuggestionRows) => rows.dismissed('1', ['2'])],
];

describe('along an index are read', () => {
  test.each(lists)('%s', async (_, Rows, ask) => {
    const queries = await asked(Rows, ask as (rows: object, tx: Queryable) => Promise<unknown>);
    expect(queries.length).toBeGreaterThan(0);
    for (const query of queries) {
      const plan = await planOf(query);
      expect(plan).not.toContain('Seq Scan');
    }
  });

  test('pages of a tag, without sorting', async () => {
    for (const stranger of [false, true])
      for (const query of await asked(TermRows, (rows) => rows.posts('tag', '1', page, { stranger }))) {
        expect(await planOf(query)).not.toContain('Sort');
        if (stranger) expect(await planOf(query)).toContain('post_tags_public');
      }
  });
});

describe('the popular', () => {
  test('are a thousand, however many are counted', async () => {
    const rows = new PopularRows(new Database(source));
    await database.query(`
      INSERT INTO users (shard, id, username, email, password_hash)
      SELECT shard_of(n.id), n.id, 'p' || n.number, '', ''
      FROM (SELECT number, next_id(number) AS id FROM generate_series(1, 1200) number) n;
      INSERT INTO popular_people (shard, user_id, followers)
      SELECT shard, id, (row_number() OVER (ORDER BY id))::int + 10 FROM users`);
    await rows.prunePeople();
    const count = async () =>
      (await database.query<{ count: number }>('SELECT count(*)::int FROM popular_people'))[0]?.count;
    expect(await count()).toBeLessThanOrEqual(1_001);
    const [least] = await database.query<{ user_id: Id }>(
      'SELECT user_id FROM popular_people ORDER BY followers LIMIT 1',
    );
    const [most] = await database.query<{ user_id: Id }>(
      'SELECT user_id FROM popular_people ORDER BY followers DESC LIMIT 1',
    );
    const followersOf = async (user: Id) =>
      (
        await database.query<{ followers: number }>(
          'SELECT followers FROM popular_people WHERE user_id = $1',
          [user],
        )
      )[0]?.followers;
    await rows.notePerson(least?.user_id ?? '', 5_000);
    expect(await followersOf(least?.user_id ?? '')).toBe(5_000);
    await rows.notePerson(most?.user_id ?? '', 1);
    expect(await followersOf(most?.user_id ?? '')).toBeUndefined();
  });
});
