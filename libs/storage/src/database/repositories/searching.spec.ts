import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freshDatabase, type TestDatabase } from '../../../../../test/harness/database.js';
import { dataSourceOptions } from '../data-source.js';
import { Database } from '../database.js';
import { SearchWords } from './search-words.js';
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
    FROM (SELECT number, next_id((random() * 8191)::int) AS id FROM generate_series(1, 2000) number) n`);
  await database.query(`
    INSERT INTO search_words (shard, subject_id, word, kind, whole, rank)
    SELECT u.shard, u.id, w.word, 'user', w.whole, search_rank(u.followers_count)
    FROM users u CROSS JOIN LATERAL search_words(u.username, u.display_name) AS w;
    INSERT INTO search_words (shard, subject_id, word, kind, whole, rank)
    SELECT t.shard, t.id, w.word, 'tag', w.whole, search_rank(t.posts_count)
    FROM tags t CROSS JOIN LATERAL search_words(t.name) AS w`);
  await database.query('VACUUM ANALYZE');
});
afterAll(async () => {
  await source.destroy();
  await database.close();
});

/** The plan for tables too large to be read whole. */
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
      foundPeople(2),
      ['an%', 'an', 1, '1', 'an'],
      ['search_words_beginning', 'search_words_large_2', 'search_words_pkey', 'users_pkey'],
    ],
    ['people by one character', foundPeople(1), ['a%', 'a', 1, '1', 'a'], ['search_words_large_1']],
    [
      'people by eight',
      foundPeople(8),
      ['annaanna%', 'annaanna', 1, '1', 'annaanna'],
      ['search_words_large_8'],
    ],
    ['similar people', similarPeople, ['anna', 'anna', 1, '1'], ['search_words_pkey']],
    ['tags', foundTerms('tag', 2), ['lo%', 'lo', 'lo'], ['search_words_beginning', 'search_words_large_2']],
    ['similar tags', similarTerms('tag'), ['love', 'love'], ['search_words_alike_tag']],
    [
      'places',
      foundTerms('place', 3),
      ['lov%', 'lov', 'lov'],
      ['search_words_beginning', 'search_words_large_3'],
    ],
    ['similar places', similarTerms('place'), ['love', 'love'], ['search_words']],
  ])('for %s goes along its indexes', async (_, sql, parameters, indexes) => {
    const plan = await planOf(sql, parameters);
    for (const index of indexes) expect(plan).toContain(index);
    expect(plan).not.toMatch(/Seq Scan on (users|tags|places|search_words)/);
  });

  test('finds no more than a few hundred, and the largest of them but for a fifth, however many begin so', async () => {
    const { found: people } = await rows.candidates('users', 'an', '1');
    expect(people.length).toBeLessThanOrEqual(200);
    expect(people.every(({ size }) => size > 2000 / 1.2)).toBe(true);
    const { found: tags } = await rows.candidates('tags', 'lo', '1');
    expect(tags.length).toBeLessThanOrEqual(200);
    expect(tags[0]?.size).toBe(2000);
  });

  test('tells exact names from beginnings and from likenesses', async () => {
    const { found } = await rows.candidates('users', 'anna19', '1');
    const [first, second] = found;
    expect(first?.match).toBe(Match.Exact);
    expect(second?.match).toBe(Match.Prefix);
    const { found: alike, complete } = await rows.candidates('users', 'aepfle anna', '1');
    expect(alike[0]?.match).toBe(Match.Similar);
    expect(complete).toBe(true);
  });

  test.each(['%', '%%%%', `'"\\'`, '_', '🐳🐳🐳🐳'])('for %s reads no names', async (query) => {
    for (const type of ['users', 'tags', 'places'] as const)
      expect(await rows.candidates(type, query, '1')).toEqual({ found: [], complete: true });
  });
});

describe('the words of a search', () => {
  const words = async (...names: string[]) =>
    (
      await database.query<{ word: string }>(
        'SELECT word FROM search_words(VARIADIC $1::text[]) ORDER BY 1',
        [names],
      )
    ).map(({ word }) => word);

  test('are a name from each of its words on, folded', async () => {
    expect(await words('ada.l', 'Ádà  Lovelace-King')).toEqual([
      'ada lovelace king',
      'king',
      'lovelace king',
    ]);
  });

  test('leave out what begins another', async () => {
    expect(await words('ada42', 'Ada')).toEqual(['ada42']);
  });

  test('are at most eight a name', async () => {
    expect(await words('a b c d e f g h i j')).toHaveLength(8);
  });

  test('follow how large somebody is, when counts are folded', async () => {
    const [row] = await database.query<{ shard: number; id: string }>('SELECT shard, id FROM users LIMIT 1');
    const sql = new Database(source);
    const rank = async () =>
      (
        await database.query<{ rank: number }>('SELECT rank FROM search_words WHERE subject_id = $1', [
          row?.id,
        ])
      ).map((found) => found.rank);
    await sql.transaction((tx) =>
      new SearchWords().rank(tx, row?.shard ?? 0, [
        { subject_id: row?.id ?? '', counter: 'user.followers', value: 1_023 },
        { subject_id: row?.id ?? '', counter: 'user.posts', value: 7 },
      ]),
    );
    expect(new Set(await rank())).toEqual(new Set([40]));
  });
});
