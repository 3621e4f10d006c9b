import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freshDatabase, type TestDatabase } from '../../../../test/harness/database.js';
import { dataSourceOptions } from '../data-source.js';
import { Database } from '../database.js';
import { Match, SearchRows } from './searching.js';
import { foundPeople, foundTerms, similarPeople, similarTerms } from './searching-sql.js';

let database: TestDatabase;
let source: DataSource;
let rows: SearchRows;

beforeAll(async () => {
  database = await freshDatabase();
  source = new DataSource(dataSourceOptions({ url: database.url, name: 'spec' }));
  await source.initialize();
  rows = new SearchRows(new Database(source));
  await database.query(`
    INSERT INTO users (shard, id, username, display_name, email, password_hash, followers_count, audience)
    SELECT shard_of(n.id), n.id, 'anna' || n.number, 'Anna Äpfel', '', '', n.number, (n.number > 1990)::int
    FROM (SELECT number, next_id((random() * 8191)::int) AS id FROM generate_series(1, 2000) number) n`);
  await database.query(`
    INSERT INTO tags (shard, id, name, posts_count)
    SELECT shard_of(n.id), n.id, 'love' || n.number, n.number
    FROM (SELECT number, next_id((random() * 8191)::int) AS id FROM generate_series(1, 2000) number) n;
    ANALYZE`);
});
afterAll(async () => {
  await source.destroy();
  await database.close();
});

/** As if the tables were too large to be read whole. */
async function planOf(sql: string, parameters: unknown[]): Promise<string> {
  const client = source.createQueryRunner();
  try {
    await client.query('SET enable_seqscan = off');
    const lines = (await client.query(`EXPLAIN ${sql}`, parameters)) as { 'QUERY PLAN': string }[];
    return lines.map((line) => line['QUERY PLAN']).join('\n');
  } finally {
    await client.query('RESET enable_seqscan');
    await client.release();
  }
}

describe('a search', () => {
  test.each([
    [
      'people',
      foundPeople({ long: true }),
      [' an', ' an%', '% an%', 1, '1'],
      [
        'users_search_name',
        'users_search_words',
        'users_search_large',
        'users_search_first_word',
        'users_search_last_name',
        'users_search_last_word',
      ],
    ],
    ['similar people', similarPeople, ['anna'], ['users_search_words']],
    [
      'tags',
      foundTerms('tags', { long: true }),
      [' lo', ' lo%', '% lo%'],
      ['tags_search_name', 'tags_search_words', 'tags_search_popular'],
    ],
    ['similar tags', similarTerms('tags'), ['love'], ['tags_search_words']],
    [
      'places',
      foundTerms('places', { long: true }),
      [' lo', ' lo%', '% lo%'],
      ['places_search_name', 'places_search_words'],
    ],
  ])('for %s goes along its indexes', async (_, sql, parameters, indexes) => {
    const plan = await planOf(sql, parameters);
    for (const index of indexes) expect(plan).toContain(index);
    expect(plan).not.toMatch(/Seq Scan on (users|tags|places)/);
  });

  test('finds no more than a few hundred, and the largest among them, however many begin so', async () => {
    const people = await rows.candidates('users', 'an', '1');
    expect(people.length).toBeLessThanOrEqual(300);
    expect(people.map(({ size }) => size)).toEqual(expect.arrayContaining([1991, 2000]));
    const tags = await rows.candidates('tags', 'lo', '1');
    expect(tags.length).toBeLessThanOrEqual(200);
    expect(tags[0]?.size).toBe(2000);
  });

  test('tells exact names from beginnings and from likenesses', async () => {
    const [first, second] = await rows.candidates('users', 'anna19', '1');
    expect(first?.match).toBe(Match.Exact);
    expect(second?.match).toBe(Match.Prefix);
    const [similar] = await rows.candidates('users', 'aepfle anna', '1');
    expect(similar?.match).toBe(Match.Similar);
  });
});
