import { keys, type Id } from '@app/platform';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { freshDatabase, type TestDatabase } from '../../../test/harness/database.js';
import { feedRoom, FeedFixtures, type FeedRoom } from '../../../test/harness/feed-room.js';
import { startRedisCluster, type RedisCluster } from '../../../test/servers/redis-cluster.js';
import { invalidation } from './invalidations.js';
import { patient } from '../../../test/harness/pace.js';

vi.setConfig({ testTimeout: patient(60_000) });

let database: TestDatabase;
let cluster: RedisCluster;
let room: FeedRoom;
let fixtures: FeedFixtures;

beforeAll(async () => {
  [database, cluster] = await Promise.all([freshDatabase(), startRedisCluster({ replicas: true })]);
  room = await feedRoom(database.url, cluster.url);
  fixtures = new FeedFixtures(database);
});
afterAll(async () => {
  await room.close();
  await cluster.stop();
  await database.close();
});

const page = (reader: Id, limit = 20) => room.homeFeeds.page(reader, { limit });

describe('on a Redis Cluster', () => {
  test('the same scripts serve feeds, large authors, counts and marks', async () => {
    const [author = '', large = '', ...readers] = await fixtures.persons(42);
    for (const reader of readers) {
      await fixtures.follow(reader, author);
      await fixtures.follow(reader, large);
    }
    await fixtures.run(`UPDATE users SET audience = 2 WHERE id = $1`, [large]);
    for (const reader of readers) await page(reader);
    for (const reader of readers) await page(reader);
    await room.authorFeeds.settled();

    const post = await fixtures.post(author);
    expect(await room.homeFeeds.insert(post, readers)).toBe(readers.length);
    const unfanned = await fixtures.post(large);
    await room.authorFeeds.insert(unfanned, large);
    for (const reader of readers)
      expect(await page(reader)).toMatchObject({ source: 'redis', ids: [unfanned, post], complete: true });

    expect((await room.counts.posts([post, unfanned])).size).toBe(2);
    expect((await room.counts.posts([post, unfanned])).get(unfanned)?.author).toBe(large);
    const [reader = ''] = readers;
    expect((await room.marks.of(reader, [post, unfanned])).liked.size).toBe(0);
    await room.pending.invalidateOrThrow(...readers.map(invalidation.ofFeed));
    expect((await page(reader)).source).toBe('postgres');
  });

  test('a primary that dies begins a new epoch: errors while its replica takes over, then all is right', async () => {
    const [author = '', ...readers] = await fixtures.persons(30);
    for (const reader of readers) await fixtures.follow(reader, author);
    const posts: Id[] = [await fixtures.post(author)];
    for (const reader of readers) await page(reader);
    const before = room.redis.epoch;

    await cluster.kill(cluster.primaries[0] ?? 0);
    const missed = await fixtures.post(author);
    posts.unshift(missed);
    await room.homeFeeds.insert(missed, readers).catch(() => undefined);
    for (const reader of readers) expect((await page(reader)).ids.at(-1)).toBe(posts.at(-1));

    await vi.waitFor(
      async () => {
        expect(room.redis.epoch).not.toBe(before);
        for (const reader of readers) expect((await page(reader)).source).toBe('redis');
      },
      { timeout: patient(30_000), interval: 100 },
    );
    for (const reader of readers) expect(await page(reader)).toMatchObject({ source: 'redis', ids: posts });
    const [reader = ''] = readers;
    expect(keys.homeFeed(room.redis.epoch, reader)).not.toBe(keys.homeFeed(before, reader));
  });
});
