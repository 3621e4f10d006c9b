import { DataSource } from 'typeorm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freshDatabase, type TestDatabase } from '../../../../../test/harness/database.js';
import { dataSourceOptions } from '../data-source.js';
import type { Database } from '../database.js';
import { Queryable } from '../queryable.js';
import { CommentPages } from './comment-pages.js';

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

type Ask = (pages: CommentPages) => Promise<unknown>;

/** The plan of what this sends, for a table too large to be read whole or as a bitmap. */
async function planOf(ask: Ask): Promise<string> {
  const heard: [string, readonly unknown[]][] = [];
  class Ear extends Queryable {
    query(_: string, sql: string, parameters: readonly unknown[] = []) {
      heard.push([sql, parameters]);
      return Promise.resolve({ rows: [], count: 0 });
    }
  }
  await ask(new CommentPages(new Ear() as unknown as Database));
  const [[sql, parameters] = ['', []]] = heard;
  const client = source.createQueryRunner();
  try {
    await client.query('SET enable_seqscan = off');
    await client.query('SET enable_bitmapscan = off');
    const lines = (await client.query(`EXPLAIN ${sql}`, [...parameters])) as { 'QUERY PLAN': string }[];
    return lines.map((line) => line['QUERY PLAN']).join('\n');
  } finally {
    await client.query('RESET ALL');
    await client.release();
  }
}

const pages = [
  { limit: 20, before: null, after: null },
  { limit: 20, before: '9', after: null },
  { limit: 20, before: null, after: '9' },
];
const rank = { likes_count: 3, id: '9' };
const ranked = pages.map(({ limit, before, after }) => ({
  limit,
  before: before === null ? null : rank,
  after: after === null ? null : rank,
}));

const lists: [string, string, Ask[]][] = [
  ['roots, oldest first', 'comments_roots', pages.map((page) => (rows) => rows.roots('1', page, 'oldest'))],
  ['roots, newest first', 'comments_roots', pages.map((page) => (rows) => rows.roots('1', page, 'newest'))],
  ['roots, most liked first', 'comments_best', ranked.map((page) => (rows) => rows.best('1', page))],
  ['a thread', 'comments_of_thread', pages.map((page) => (rows) => rows.thread('1', page))],
  ['the first replies', 'comments_of_thread', [(rows) => rows.firstReplies('1', ['2', '3'], 2)]],
];

test.each(lists)('%s are read along an index that alone answers, in its order', async (_, index, asks) => {
  for (const ask of asks) {
    const plan = await planOf(ask);
    expect(plan).toMatch(new RegExp(`Index Only Scan( Backward)? using ${index} `));
    expect(plan).not.toContain('Seq Scan');
  }
});
