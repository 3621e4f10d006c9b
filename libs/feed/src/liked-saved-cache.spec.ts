import { compareIds, keys, shardOf, type Id } from '@app/platform';
import { LikeRows } from '@app/storage';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { freshDatabase, type TestDatabase } from '../../../test/harness/database.js';
import { feedRoom, FeedFixtures, type FeedRoom } from '../../../test/harness/feed-room.js';
import { freshRedis } from '../../../test/harness/redis.js';

let database: TestDatabase;
let room: FeedRoom;
let fixtures: FeedFixtures;
let ada: Id;

beforeAll(async () => {
  database = await freshDatabase();
  room = await feedRoom(database.url, await freshRedis());
  fixtures = new FeedFixtures(database);
});
afterAll(async () => {
  await room.close();
  await database.close();
});
beforeEach(async () => {
  vi.restoreAllMocks();
  await room.look.flushdb();
  ada = await fixtures.person();
});

const likedAmong = async (posts: readonly Id[]): Promise<Id[]> =>
  [...(await room.marks.of(ada, posts)).liked].sort(compareIds);
const cached = (): Promise<Id[]> => room.look.smembers(keys.liked(room.redis.epoch, ada));
const row = (post: Id): Promise<void> =>
  fixtures.run(
    `INSERT INTO likes (shard, user_id, post_id, id) VALUES ($1, $2, $3, next_id(0)) ON CONFLICT DO NOTHING`,
    [shardOf(ada), ada, post],
  );
const noRow = (post: Id): Promise<void> =>
  fixtures.run(`DELETE FROM likes WHERE user_id = $1 AND post_id = $2`, [ada, post]);
const like = (post: Id): Promise<void> => room.marks.change(ada, 'liked', post, true, () => row(post));
const unlike = (post: Id): Promise<void> => room.marks.change(ada, 'liked', post, false, () => noRow(post));

/** Counts queries to PostgreSQL from now on. */
function questions(): () => number {
  const asked = [vi.spyOn(LikeRows.prototype, 'markedAmong'), vi.spyOn(LikeRows.prototype, 'newestMarked')];
  return () => asked.reduce((sum, { mock }) => sum + mock.calls.length, 0);
}

describe('what a reader marked', () => {
  test('is loaded once, then answered by Redis', async () => {
    await row('10');
    await row('30');
    expect(await likedAmong(['10', '20', '30'])).toEqual(['10', '30']);
    const asked = questions();
    expect(await likedAmong(['10', '20', '30', '40'])).toEqual(['10', '30']);
    expect(asked()).toBe(0);
  });

  test('shows a change at once, loaded or not', async () => {
    await like('10');
    expect(await likedAmong(['10'])).toEqual(['10']);
    await like('20');
    expect(await likedAmong(['10', '20'])).toEqual(['10', '20']);
    await unlike('10');
    expect(await likedAmong(['10', '20'])).toEqual(['20']);
    expect((await room.marks.of(ada, ['20'])).saved).toEqual(new Set());
  });

  test('below the floor is asked of PostgreSQL, and stays a packed set of bounded size', async () => {
    for (let post = 1; post <= 230; post += 1) await row(String(1_000 + post));
    expect(await likedAmong(['1001', '1230', '999'])).toEqual(['1001', '1230']);
    expect(await cached()).toHaveLength(201);
    for (let post = 300; post < 349; post += 1) await like(String(1_000 + post));
    expect(await cached()).toHaveLength(250);
    expect(await room.look.object('ENCODING', keys.liked(room.redis.epoch, ada))).toBe('intset');
    await like('1400');
    expect(await cached()).toEqual([]);
    expect(await likedAmong(['1400', '1001'])).toEqual(['1001', '1400']);
  });
});

describe('while a transaction runs', () => {
  test('PostgreSQL answers, and what is loaded then is not kept', async () => {
    await like('10');
    await likedAmong(['10']);
    await room.marks.change(ada, 'liked', '20', true, async () => {
      expect(await likedAmong(['10', '20'])).toEqual(['10']);
      await row('20');
      expect(await likedAmong(['10', '20'])).toEqual(['10', '20']);
    });
    const asked = questions();
    expect(await likedAmong(['10', '20'])).toEqual(['10', '20']);
    expect(asked()).toBe(0);
  });

  test('that overtakes a load, the load installs nothing', async () => {
    const real = LikeRows.prototype.newestMarked;
    vi.spyOn(LikeRows.prototype, 'newestMarked').mockImplementationOnce(async function (
      this: LikeRows,
      ...asked
    ) {
      const ids = await real.apply(this, asked);
      await like('10');
      return ids;
    });
    await likedAmong(['10']);
    expect(await cached()).toEqual([]);
    expect(await likedAmong(['10'])).toEqual(['10']);
  });

  test('that fails, the set is dropped: whether it was committed is not known', async () => {
    await like('10');
    await likedAmong(['10']);
    const broken = room.marks.change(ada, 'liked', '10', false, async () => {
      await noRow('10');
      throw new Error('the connection broke after the commit');
    });
    await expect(broken).rejects.toThrow('after the commit');
    expect(await likedAmong(['10'])).toEqual([]);
  });

  test('and the process dies after the commit, PostgreSQL answers until the marks are loaded anew', async () => {
    await likedAmong(['10']);
    void room.marks.change(ada, 'liked', '10', true, async () => {
      await row('10');
      await new Promise(() => undefined);
    });
    await vi.waitFor(async () => expect(await likedAmong(['10'])).toEqual(['10']));
    await room.look.hset(keys.reader(room.redis.epoch, ada), 'lt', Math.floor(Date.now() / 1000) - 11);
    expect(await likedAmong(['10'])).toEqual(['10']);
    const asked = questions();
    expect(await likedAmong(['10'])).toEqual(['10']);
    expect(asked()).toBe(0);
  });
});
