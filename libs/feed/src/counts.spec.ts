import { keys, shardOf, type Id } from '@app/platform';
import { CountRows, PopularRows, SearchWords, type CounterName } from '@app/storage';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { freshDatabase, type TestDatabase } from '../../../test/harness/database.js';
import { feedRoom, FeedFixtures, type FeedRoom } from '../../../test/harness/feed-room.js';
import { freshRedis } from '../../../test/harness/redis.js';
import { invalidation } from './invalidations.js';
import { COUNT_CHANGES_WITHIN } from './counts.js';

let database: TestDatabase;
let room: FeedRoom;
let other: FeedRoom;
let fixtures: FeedFixtures;
let deltas: CountRows;
let author: Id;
let post: Id;

beforeAll(async () => {
  database = await freshDatabase();
  const redis = await freshRedis();
  room = await feedRoom(database.url, redis);
  other = await feedRoom(database.url, redis);
  deltas = new CountRows(room.database, new PopularRows(room.database), new SearchWords());
  fixtures = new FeedFixtures(database);
});
afterAll(async () => {
  await room.close();
  await other.close();
  await database.close();
});
beforeEach(async () => {
  vi.restoreAllMocks();
  await room.look.flushdb();
  author = await fixtures.person();
  post = await fixtures.post(author);
});

const likes = async (who = room): Promise<number | undefined> =>
  (await who.counts.posts([post])).get(post)?.likes;
const cached = (): Promise<string | null> => room.look.get(keys.post(room.redis.epoch, post));

/** Commits a like's transaction without notifying the caches. */
async function commit(delta: number, counter: CounterName = 'post.likes', subject = post): Promise<void> {
  await deltas.add(room.database, counter, [subject], delta);
}

async function like(delta: number, who = room): Promise<void> {
  const since = performance.now();
  await commit(delta);
  await who.counts.changed('post.likes', post, delta, since);
}

/** Does what the worker does: settle, then fold. */
async function fold(): Promise<void> {
  const shard = shardOf(post);
  const waiting = await deltas.waiting(shard, 0);
  await room.counts.settle('post', [...new Set(waiting.map(({ subject_id }) => subject_id))]);
  await deltas.fold(
    shard,
    waiting.map(({ id }) => id),
  );
}

/** Runs `meanwhile` after PostgreSQL has answered the next query, before the answer is used. */
function afterReading(meanwhile: () => Promise<void>): void {
  const real = CountRows.prototype.ofPosts;
  vi.spyOn(CountRows.prototype, 'ofPosts').mockImplementationOnce(async function (this: CountRows, ids) {
    const rows = await real.call(this, ids);
    await meanwhile();
    return rows;
  });
}

describe('a count', () => {
  test('is the row and what is not folded yet, and stays the same through a fold', async () => {
    await fixtures.run(`UPDATE posts SET likes_count = 40, version = 3 WHERE id = $1`, [post]);
    await commit(1);
    await commit(1);
    const counts = { id: post, likes: 42, comments: 0, version: 3, author, authorVersion: 1 };
    expect((await room.counts.posts([post])).get(post)).toEqual(counts);
    expect((await room.counts.posts([post])).get(post)).toEqual(counts);
    expect(await cached()).toBe(`42,0,3,${author};`);
    await fold();
    expect(await likes()).toBe(42);
    await room.look.flushdb();
    expect(await likes()).toBe(42);
  });

  test('shows a change at once, cached or not', async () => {
    await like(1);
    expect(await likes()).toBe(1);
    await like(1);
    expect(await likes(other)).toBe(2);
    await like(-1);
    expect(await likes()).toBe(1);
  });

  test('of a user works alike', async () => {
    await commit(1, 'user.followers', author);
    expect((await room.counts.users([author])).get(author)?.followers).toBe(1);
    await commit(1, 'user.following', author);
    await room.counts.changed('user.following', author, 1, performance.now());
    expect((await room.counts.users([author])).get(author)).toMatchObject({
      followers: 1,
      following: 1,
      posts: 0,
    });
  });

  test('of a post that is deleted is remembered as gone', async () => {
    expect(await likes()).toBe(0);
    await fixtures.run(`DELETE FROM posts WHERE id = $1`, [post]);
    await room.pending.invalidateOrThrow(invalidation.ofDeletedPost(post));
    expect(await room.counts.posts([post])).toEqual(new Map());
    await room.look.flushdb();
    await room.counts.posts([post]);
    expect(await cached()).toBe('gone');
  });

  test('brings its author’s version, which changes alone', async () => {
    await room.counts.posts([post]);
    await fixtures.run(`UPDATE users SET version = 9 WHERE id = $1`, [author]);
    await room.pending.invalidateOrThrow(invalidation.ofUser(author));
    expect((await room.counts.posts([post])).get(post)?.authorVersion).toBe(9);
    await room.counts.posts([post]);
    expect((await room.counts.posts([post])).get(post)?.authorVersion).toBe(9);
  });
});

describe('a load', () => {
  test('that a like overtakes reads again', async () => {
    afterReading(() => like(1, other));
    await likes();
    expect(await cached()).toBe(`1,0,1,${author};`);
  });

  test('installs nothing that was read before a settlement, a forgetting or a deletion', async () => {
    const meanwhile = [
      async () => {
        await commit(1);
        await other.counts.settle('post', [post]);
      },
      async () => {
        await fixtures.run(`UPDATE posts SET version = version + 1 WHERE id = $1`, [post]);
        await other.pending.invalidateOrThrow(invalidation.ofPost(post));
      },
    ];
    for (const happens of meanwhile) {
      await room.look.flushdb();
      afterReading(happens);
      await likes();
      expect(await cached()).toBeNull();
    }
    afterReading(() => other.pending.invalidateOrThrow(invalidation.ofDeletedPost(post)));
    await likes();
    expect(await cached()).toBe('gone');
  });

  test('that died leaves nothing that lasts', async () => {
    afterReading(() => Promise.reject(new Error('killed')));
    await expect(likes()).rejects.toThrow('killed');
    expect(await room.look.ttl(keys.post(room.redis.epoch, post))).toBeLessThanOrEqual(10);
    expect(await likes()).toBe(0);
  });
});

describe('a settlement', () => {
  test('heals whatever a cached count has become', async () => {
    await like(1);
    await likes();
    await room.look.set(keys.post(room.redis.epoch, post), `-7,0,1,${author};`);
    expect(await likes()).toBe(0);
    await fold();
    expect(await likes()).toBe(1);
  });

  test('that a like overtakes reads again', async () => {
    await like(1);
    await likes();
    afterReading(() => like(1, other));
    await room.counts.settle('post', [post]);
    expect(await likes()).toBe(2);
  });

  test('of an older reading loses against a newer one', async () => {
    await likes();
    await commit(1);
    afterReading(async () => {
      await commit(1);
      await other.counts.settle('post', [post]);
    });
    await room.counts.settle('post', [post]);
    expect(await likes()).toBe(2);
  });

  test('is followed by no late addition: a process that stood still forgets the count', async () => {
    await likes();
    await commit(1);
    await fold();
    await room.counts.changed('post.likes', post, 1, performance.now() - COUNT_CHANGES_WITHIN - 1);
    expect(await cached()).toBeNull();
    expect(await likes()).toBe(1);
  });
});

describe('a storm', () => {
  test('of likes and unlikes, folds, losses and readers ends at the number of rows', async () => {
    const writers = Array.from({ length: 8 }, async (_, writer) => {
      for (let turn = 0; turn < 25; turn += 1) {
        await like(turn % 3 === 2 ? -1 : 1, writer % 2 ? room : other);
        if (writer === 0 && turn % 10 === 5) await room.look.flushdb();
        if (writer === 1 && turn % 5 === 0) await fold();
        await likes(other);
      }
    });
    await Promise.all(writers);
    await fold();
    expect(await likes()).toBe(8 * 9);
    const [row] = await database.query<{ likes_count: number }>(
      `SELECT likes_count FROM posts WHERE id = $1`,
      [post],
    );
    expect(row?.likes_count).toBe(8 * 9);
  });
});
