import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { Page, Post } from './harness/contract.js';
import { signUp, type Person } from './harness/people.js';
import { drawn } from './harness/pictures.js';
import { startStack, type Stack } from './harness/stack.js';
import { patient } from './harness/pace.js';

vi.setConfig({ testTimeout: patient(180_000) });

const PAGES = 100;
const PAGE = 20;

let stack: Stack;
let reader: Person;
let authors: Person[];

beforeAll(async () => {
  // Two of the three authors are merged when a page is read, and one is fanned out.
  stack = await startStack({ env: { LARGE_AUTHOR_FOLLOWERS: '2' } });
  authors = await Promise.all(['ada', 'bob', 'cleo'].map((name) => signUp(stack, name)));
  const fans = await Promise.all(['fan1', 'fan2', 'fan3'].map((name) => signUp(stack, name)));
  reader = await signUp(stack, 'reader');
  for (const author of authors) await reader.follow(author);
  for (const fan of fans) for (const author of authors.slice(0, 2)) await fan.follow(author);
  await stack.quiet();
  // Half of the posts before the authors were large, and half since.
  await stack.database.query(
    `INSERT INTO posts (shard, id, author_id, state, fanned_out, published_at)
     SELECT shard_of(a), next_id(shard_of(a)), a, 'published', n % 2 = 0 OR a = $2::bigint, now()
     FROM generate_series(1, $3::int) AS n, unnest($1::bigint[]) AS a`,
    [authors.map(({ id }) => id), authors[2]?.id, Math.ceil((PAGES * PAGE) / authors.length) + 20],
  );
});
afterAll(() => stack.stop());

async function truth(): Promise<string[]> {
  const rows = await stack.database.query<{ id: string }>(
    `SELECT id FROM posts WHERE author_id = ANY($1::bigint[]) AND state = 'published' ORDER BY id DESC`,
    [authors.map(({ id }) => id)],
  );
  return rows.map(({ id }) => id);
}

async function page(cursor: string | null): Promise<Page<Post>> {
  return reader.feed({ limit: PAGE, ...(cursor === null ? {} : { cursor }) });
}

test('a reader of a hundred pages, while others post, sees nothing twice and misses nothing', async () => {
  const before = await truth();
  let isReading = true;
  let posted = 0;
  const posting = (async () => {
    while (isReading) {
      posted += 1;
      const photo = await (authors[posted % 3] as Person).send(
        await drawn({ seed: posted, width: 64, height: 48 }),
      );
      await (authors[posted % 3] as Person).post([photo]);
      // The list in Redis is lost and rebuilt while somebody is deep in the feed.
      if (posted % 10 === 0) await stack.redis.flushall();
    }
  })();
  const seen: string[] = [];
  let cursor: string | null = null;
  for (let number = 1; number <= PAGES; number += 1) {
    const { items, nextCursor }: Page<Post> = await page(cursor);
    seen.push(...items.map(({ id }) => id));
    cursor = nextCursor;
    if (cursor === null) break;
  }
  isReading = false;
  await posting;
  expect(posted).toBeGreaterThan(3);
  expect(new Set(seen).size).toBe(seen.length);
  // Below the first page: exactly the posts that existed when it was read, in order and without a gap.
  const from = before.indexOf(seen.find((id) => before.includes(id)) ?? '');
  expect(from).toBe(0);
  const old = seen.filter((id) => before.includes(id));
  expect(old).toEqual(before.slice(0, old.length));
  expect(seen.length).toBe(PAGES * PAGE);
  expect(seen.slice(PAGE)).toEqual(old.slice(-(PAGES - 1) * PAGE));
});

test('and to the last page, from Redis and from PostgreSQL, it is what rows say', async () => {
  await stack.quiet(60_000);
  for (const _ of ['built', 'kept']) {
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const { items, nextCursor }: Page<Post> = await reader.feed({
        limit: 50,
        ...(cursor === null ? {} : { cursor }),
      });
      seen.push(...items.map(({ id }) => id));
      cursor = nextCursor;
    } while (cursor !== null);
    expect(seen).toEqual(await truth());
  }
});
