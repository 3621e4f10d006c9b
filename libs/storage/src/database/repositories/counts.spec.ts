import { DataSource } from 'typeorm';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { freshDatabase, type TestDatabase } from '../../../../../test/harness/database.js';
import { dataSourceOptions } from '../data-source.js';
import { Database } from '../database.js';
import { CountRows } from './counts.js';
import { PopularRows } from './popular.js';
import { SearchWords } from './search-words.js';

const SHARD = 5;
let database: TestDatabase;
let source: DataSource;
let counts: CountRows;
let sql: Database;
let ada: string;
let post: string;

beforeAll(async () => {
  database = await freshDatabase();
  source = await new DataSource(
    dataSourceOptions({ url: database.url, name: 'counts', pool: 6 }),
  ).initialize();
  sql = new Database(source);
  counts = new CountRows(sql, new PopularRows(sql), new SearchWords());
});
afterAll(async () => {
  await source.destroy();
  await database.close();
});

beforeEach(async () => {
  const [ids] = await database.query<{ ada: string; post: string }>(
    'SELECT next_id(5) AS ada, next_id(5) AS post',
  );
  ({ ada, post } = ids ?? { ada: '', post: '' });
  await database.query(
    `INSERT INTO users (shard, id, username, email, password_hash) VALUES (5, $1, 'ada', 'ada@example.org', '')`,
    [ada],
  );
  await database.query(`INSERT INTO posts (shard, id, author_id, state) VALUES (5, $1, $2, 'published')`, [
    post,
    ada,
  ]);
});

async function foldAll() {
  const waiting = await counts.waiting(SHARD, 0);
  return counts.fold(
    SHARD,
    waiting.map(({ id }) => id),
  );
}

test('a like and a comment that are folded together are both counted', async () => {
  await counts.add(sql, 'post.likes', [post], 1);
  await counts.add(sql, 'post.comments', [post], 1);
  const folded = await foldAll();
  const rows = await database.query('SELECT likes_count, comments_count FROM posts WHERE id = $1', [post]);
  expect(rows).toEqual([{ likes_count: 1, comments_count: 1 }]);
  expect(folded).toHaveLength(2);
});

test('every count of a person changes by the sum of its own deltas', async () => {
  for (const delta of [1, 1, 1, -1]) await counts.add(sql, 'user.followers', [ada], delta);
  await counts.add(sql, 'user.following', [ada], 1);
  await counts.add(sql, 'user.posts', [ada], 1);
  await foldAll();
  const rows = await database.query(
    'SELECT posts_count, followers_count, following_count FROM users WHERE id = $1',
    [ada],
  );
  expect(rows).toEqual([{ posts_count: 1, followers_count: 2, following_count: 1 }]);
});

test('only counts that changed are answered, with what the row holds now', async () => {
  await counts.add(sql, 'post.likes', [post], 1);
  expect(await foldAll()).toEqual([{ subject_id: post, counter: 'post.likes', value: 1 }]);
});

test('deltas of what is gone go too', async () => {
  await counts.add(sql, 'post.likes', ['999999999999'], 1);
  await database.query('UPDATE count_deltas SET shard = 5');
  expect(await foldAll()).toEqual([]);
  expect(await database.query('SELECT 1 FROM count_deltas')).toEqual([]);
});

test('two workers that fold a shard at once count nothing twice', async () => {
  for (let n = 0; n < 20; n += 1) await counts.add(sql, 'post.likes', [post], 1);
  await Promise.all([foldAll(), foldAll(), foldAll()]);
  await foldAll();
  const rows = await database.query('SELECT likes_count FROM posts WHERE id = $1', [post]);
  expect(rows).toEqual([{ likes_count: 20 }]);
});
