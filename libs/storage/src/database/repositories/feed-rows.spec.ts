import { compareIds, shardOf, type Id } from '@app/platform';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freshDatabase, type TestDatabase } from '../../../../../test/harness/database.js';
import { dataSourceOptions } from '../data-source.js';
import { Database } from '../database.js';
import { FeedRows } from './feed-rows.js';

const PEOPLE = 1_000;

let database: TestDatabase;
let source: DataSource;
let rows: FeedRows;
let reader: Id;
let stranger: Id;
/** The reader's feed, newest first. */
let feed: Id[];

/** A thousand people, the first of whom follow all others; a few of them wrote most of the 60,000 posts. */
const dataset = `
  INSERT INTO users (shard, id, username, email, password_hash)
    SELECT shard_of(n.id), n.id, 'u' || n.number, 'u' || n.number, ''
    FROM (SELECT number, next_id((random() * 8191)::int) AS id FROM generate_series(1, ${PEOPLE}) number) n;
  INSERT INTO posts (shard, id, author_id, state, archived)
    SELECT shard_of(u.id), next_id(shard_of(u.id)), u.id,
      CASE WHEN g.number % 50 = 0 THEN 'publishing' ELSE 'published' END, g.number % 40 = 0
    FROM (SELECT number, 1 + floor(${PEOPLE} * random() ^ 4)::int AS rank FROM generate_series(1, 60000) number) g
    JOIN (SELECT id, row_number() OVER (ORDER BY id) AS rank FROM users) u USING (rank);
  INSERT INTO follows (shard, follower_id, followee_id, id, accepted)
    SELECT shard_of(a.id), a.id, b.id, next_id(0), b.username NOT LIKE '%7'
    FROM (SELECT id FROM users ORDER BY id LIMIT 1) a, users b WHERE a.id <> b.id;
  ANALYZE;`;

beforeAll(async () => {
  database = await freshDatabase();
  source = new DataSource(dataSourceOptions({ url: database.url, name: 'spec' }));
  await source.initialize();
  rows = new FeedRows(new Database(source));
  await database.query(dataset);
  const people = await database.query<{ id: Id }>('SELECT id FROM users ORDER BY id');
  reader = people[0]?.id ?? '';
  stranger = people.at(-1)?.id ?? '';
  const posts = await database.query<{ id: Id }>(
    `SELECT p.id FROM posts p LEFT JOIN follows f ON f.follower_id = $1 AND f.followee_id = p.author_id AND f.accepted
     WHERE NOT p.archived AND (p.author_id = $1 OR (f.id IS NOT NULL AND p.state = 'published'))`,
    [reader],
  );
  feed = posts.map(({ id }) => id).sort((a, b) => compareIds(b, a));
});
afterAll(async () => {
  await source.destroy();
  await database.close();
});

describe('the newest posts of a thousand followees', () => {
  test('are the same at every depth and for every length as a plain query says', async () => {
    for (const [from, limit] of [
      [0, 1],
      [0, 20],
      [0, 500],
      [3, 50],
      [777, 20],
      [feed.length - 30, 50],
    ] as const) {
      const before = from === 0 ? null : (feed[from - 1] ?? '');
      expect(await rows.newestIds(reader, before, limit)).toEqual(feed.slice(from, from + limit));
    }
  });

  test('just above a cursor are the nearest', async () => {
    for (const at of [5, 100, feed.length - 1]) {
      expect(await rows.aboveIds(reader, feed[at] ?? '', 20)).toEqual(feed.slice(Math.max(0, at - 20), at));
    }
  });

  test('of somebody who follows nobody are their own', async () => {
    const own = await rows.newestIds(stranger, null, 20);
    const authors = await database.query<{ author_id: Id }>(
      'SELECT author_id FROM posts WHERE id = ANY($1)',
      [own],
    );
    expect(authors.every(({ author_id }) => author_id === stranger)).toBe(true);
  });

  test('are found along the index, a few posts an author', async () => {
    let sql = '';
    let parameters: unknown[] = [];
    const spy = new FeedRows({
      query: (_: string, text: string, given: unknown[]) => {
        [sql, parameters] = [text, given];
        return Promise.resolve({ rows: [], count: 0 });
      },
    } as unknown as Database);
    await spy.newestIds(reader, null, 500);
    const plan = await database.query<{ 'QUERY PLAN': string }>(`EXPLAIN (ANALYZE) ${sql}`, parameters);
    const text = plan.map((line) => line['QUERY PLAN']).join('\n');
    expect(text).not.toContain('Seq Scan on posts');
    const scans = [...text.matchAll(/posts_of_author on posts.*rows=([\d.]+) loops=(\d+)/g)];
    const read = scans.reduce((sum, [, each, loops]) => sum + Number(each) * Number(loops), 0);
    expect(read).toBeGreaterThan(500);
    expect(read).toBeLessThan(PEOPLE * 10);
  });
});

describe('relations', () => {
  test('are the reader and whom they follow, and of these the large authors', async () => {
    const large = feed.slice(0, 1);
    await database.query(
      `UPDATE users SET audience = 1 WHERE id = (SELECT author_id FROM posts WHERE id = $1)`,
      large,
    );
    const { authors, merged } = await rows.relations(reader, '0');
    const [row] = await database.query<{ count: number }>(
      `SELECT count(*)::int FROM follows WHERE shard = $1 AND follower_id = $2 AND accepted`,
      [shardOf(reader), reader],
    );
    expect(authors).toHaveLength((row?.count ?? 0) + 1);
    expect(authors).toContain(reader);
    expect(merged).toHaveLength(1);
  });

  test('count posts that were not fanned out from the feed’s floor on', async () => {
    const { authors } = await rows.relations(reader, '0');
    const followee = authors.find((id) => id !== reader) ?? '';
    await database.query(`UPDATE users SET newest_unfanned_post_id = 1000 WHERE id = $1`, [followee]);
    expect((await rows.relations(reader, '999')).merged).toContain(followee);
    expect((await rows.relations(reader, '1000')).merged).not.toContain(followee);
  });
});
