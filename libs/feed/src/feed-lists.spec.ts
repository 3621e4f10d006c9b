import { compareIds, keys, type Id } from '@app/platform';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { freshDatabase, type TestDatabase } from '../../../test/harness/database.js';
import { feedRoom, type FeedRoom } from '../../../test/harness/feed-room.js';
import { freshRedis } from '../../../test/harness/redis.js';
import { SLACK } from './feed-lists.js';

let database: TestDatabase;
let room: FeedRoom;
const ada = '123456789012345678';
const WINDOW = 500;

const keyOf = (reader: Id): string => keys.homeFeed(room.redis.epoch, reader);
const listOf = (reader: Id): Promise<Id[]> => room.look.lrange(keyOf(reader), 0, -1);
const newestFirst = (ids: readonly Id[]): Id[] => [...new Set(ids)].sort((a, b) => compareIds(b, a));
/** `tail`: `'0'`, a floor, or a marker. */
const given = (reader: Id, ...entries: Id[]): Promise<number> => room.look.rpush(keyOf(reader), ...entries);

beforeAll(async () => {
  database = await freshDatabase();
  room = await feedRoom(database.url, await freshRedis());
});
afterAll(async () => {
  await room.close();
  await database.close();
});
beforeEach(() => room.look.flushdb());

describe('inserting into lists', () => {
  const anyId = fc
    .oneof(
      fc.bigInt({ min: 1n, max: 40n }),
      fc.bigInt({ min: 2n ** 53n - 20n, max: 2n ** 53n + 20n }),
      fc.bigInt({ min: 2n ** 63n - 40n, max: 2n ** 63n - 1n }),
      fc.bigInt({ min: 1n, max: 2n ** 63n - 1n }),
    )
    .map(String);

  test('any order and any doubles give the newest first, once each', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyId, { minLength: 1, maxLength: 60 }), async (ids) => {
        await room.look.flushdb();
        await given(ada, '0');
        for (const id of ids) await room.homeFeeds.insert(id, [ada]);
        expect(await listOf(ada)).toEqual([...newestFirst(ids), '0']);
      }),
      { numRuns: 60 },
    );
  });

  test('nothing goes below the floor of a list that is not complete', async () => {
    await fc.assert(
      fc.asyncProperty(anyId, fc.array(anyId, { maxLength: 40 }), async (floor, ids) => {
        await room.look.flushdb();
        await given(ada, floor);
        for (const id of ids) await room.homeFeeds.insert(id, [ada]);
        expect(await listOf(ada)).toEqual(
          newestFirst([floor, ...ids]).filter((id) => compareIds(id, floor) >= 0),
        );
      }),
      { numRuns: 60 },
    );
  });

  test('an absent list stays absent, and who has one is counted', async () => {
    await given('2048', '0');
    expect(await room.homeFeeds.insert('99', ['1024', '2048', '4096'])).toBe(1);
    expect(await room.look.exists(keyOf('1024'))).toBe(0);
  });

  test('past the window and some slack a list is trimmed, and then has a floor instead of an end', async () => {
    await given(ada, '0');
    for (let id = 1_000; id < 1_000 + WINDOW + SLACK - 1; id += 1)
      await room.homeFeeds.insert(String(id), [ada]);
    expect((await listOf(ada)).at(-1)).toBe('0');
    await room.homeFeeds.insert('9999', [ada]);
    const list = await listOf(ada);
    expect(list).toHaveLength(WINDOW);
    expect(list[0]).toBe('9999');
    expect(list.at(-1)).toBe(String(1_000 + SLACK));
    await room.homeFeeds.insert('1001', [ada]);
    expect(await listOf(ada)).toEqual(list);
  });

  test('thousands of readers are reached in calls of a bounded size', async () => {
    const readers = Array.from({ length: 2_500 }, (_, index) => String(10_000 + index * 1024));
    for (const reader of readers) await given(reader, '0');
    expect(await room.homeFeeds.insert('777', readers)).toBe(2_500);
    expect(await listOf(readers[2_400] ?? '')).toEqual(['777', '0']);
  });

  test('an entry of a full list takes at most 12 bytes', async () => {
    const first = 2n ** 60n;
    await given(
      ada,
      ...Array.from({ length: WINDOW }, (_, index) => String(first - BigInt(index) * 8_388_608n)),
    );
    const bytes = Number(await room.look.call('MEMORY', 'USAGE', keyOf(ada)));
    expect(bytes / WINDOW).toBeLessThanOrEqual(12);
    await room.homeFeeds.insert(String(first + 1n), [ada]);
    expect(['listpack', 'quicklist']).toContain(await room.look.object('ENCODING', keyOf(ada)));
  });
});

describe('trimming', () => {
  test('leaves a list that is being built alone: its marker must stay', async () => {
    const marker = '-1795000000000123456';
    await given(ada, marker);
    for (let id = 1; id <= WINDOW + SLACK + 5; id += 1) await room.homeFeeds.insert(String(id), [ada]);
    expect((await listOf(ada)).at(-1)).toBe(marker);
  });
});
