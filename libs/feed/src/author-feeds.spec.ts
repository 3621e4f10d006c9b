import { compareIds, keys, type Id } from '@app/platform';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { freshDatabase, type TestDatabase } from '../../../test/harness/database.js';
import { feedRoom, FeedFixtures, type FeedRoom } from '../../../test/harness/feed-room.js';
import { freshRedis } from '../../../test/harness/redis.js';
import { newestFirst } from './author-feeds.js';

let database: TestDatabase;
let room: FeedRoom;
let fixtures: FeedFixtures;

beforeAll(async () => {
  database = await freshDatabase();
  room = await feedRoom(database.url, await freshRedis());
  fixtures = new FeedFixtures(database);
});
afterAll(async () => {
  await room.close();
  await database.close();
});
beforeEach(() => room.look.flushdb());

/** Authors of one page at most; each post has one author. */
const MOST = 6;

const keyOf = (author: Id): string => keys.authorFeed(room.redis.epoch, author);

/** An author's posts, and how many of the newest the list holds; null: all of them, and the list ends with 0. */
const listed = fc.record({
  posts: fc.uniqueArray(fc.integer({ min: 1, max: 60 }), { minLength: 0, maxLength: 12 }),
  kept: fc.option(fc.integer({ min: 1, max: 6 })),
});
type Listed = typeof listed extends fc.Arbitrary<infer Value> ? Value : never;

/** Writes the lists to Redis under made-up authors; returns the authors and all posts. */
async function given(lists: readonly Listed[]): Promise<{ authors: Id[]; posts: Id[] }> {
  await room.look.flushdb();
  const authors = lists.map((_, index) => String(5_000 + index * 1_024));
  const known: Id[] = [];
  for (const [index, { posts, kept }] of lists.entries()) {
    const all = newestFirst(posts.map((post) => String(post * MOST + index)));
    known.push(...all);
    const list = kept === null || all.length === 0 ? [...all, '0'] : all.slice(0, kept);
    await room.look.rpush(keyOf(authors[index] ?? ''), ...list);
  }
  return { authors, posts: newestFirst(known) };
}

const isAbove = (id: Id, bound: Id): boolean => compareIds(id, bound) > 0;

describe('the feeds of several authors', () => {
  test('give the newest below a cursor, and say from where on none is missing', async () => {
    const cursor = fc.option(fc.integer({ min: 1, max: 61 * MOST }).map(String));
    const property = fc.asyncProperty(
      fc.array(listed, { minLength: 1, maxLength: MOST }),
      cursor,
      fc.integer({ min: 0, max: 30 * MOST }).map(String),
      fc.integer({ min: 1, max: 12 }),
      async (lists, before, lowest, limit) => {
        const { authors, posts } = await given(lists);
        const page = await room.authorFeeds.page(authors, before, lowest, limit);
        const inRange = posts.filter((id) => isAbove(id, lowest) && (before === null || isAbove(before, id)));
        const certain = (id: Id): boolean => !isAbove(page.horizon, id);
        expect(page.ids.filter(certain)).toEqual(inRange.slice(0, limit).filter(certain));
        if (lists.every(({ kept }) => kept === null)) expect(page.horizon).toBe('0');
      },
    );
    await fc.assert(property, { numRuns: 400 });
  });

  test('give the nearest above a cursor, or say that they do not reach down to it', async () => {
    const property = fc.asyncProperty(
      fc.array(listed, { minLength: 1, maxLength: MOST }),
      fc.integer({ min: 1, max: 61 * MOST }).map(String),
      fc.integer({ min: 1, max: 12 }),
      async (lists, after, limit) => {
        const { authors, posts } = await given(lists);
        const above = await room.authorFeeds.above(authors, after, limit);
        const nearest = posts.filter((id) => isAbove(id, after)).slice(-limit);
        if (above) expect(above.slice(-limit)).toEqual(nearest);
        else expect(lists.some(({ kept }) => kept !== null)).toBe(true);
      },
    );
    await fc.assert(property, { numRuns: 200 });
  });

  test('that are absent are answered by PostgreSQL and built for the next reader', async () => {
    const [grace = '', hedy = ''] = await fixtures.persons(2);
    const posts = newestFirst([...(await fixtures.posts(grace, 30)), ...(await fixtures.posts(hedy, 30))]);
    const page = await room.authorFeeds.page([grace, hedy], posts[4] ?? '', '0', 20);
    expect(page).toEqual({ ids: posts.slice(5, 25), horizon: '0' });
    await room.authorFeeds.settled();
    expect(await room.look.llen(keyOf(grace))).toBe(31);
    expect(await room.look.ttl(keyOf(hedy))).toBeGreaterThan(86_000);
    const newest = await fixtures.post(hedy);
    await room.authorFeeds.insert(newest, hedy);
    const next = await room.authorFeeds.page([grace, hedy], null, posts[3] ?? '', 20);
    expect(next.ids).toEqual([newest, ...posts.slice(0, 3)]);
  });

  test('that are being built when a post comes are built anew', async () => {
    const grace = await fixtures.person();
    await fixtures.posts(grace, 3);
    await room.look.rpush(keyOf(grace), '-1795000000000123456');
    await room.authorFeeds.insert(await fixtures.post(grace), grace);
    expect(await room.look.exists(keyOf(grace))).toBe(0);
  });
});
