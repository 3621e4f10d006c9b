import { compareIds, keys, type Id } from '@app/platform';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { freshDatabase, type TestDatabase } from '../../../test/harness/database.js';
import { feedRoom, FeedFixtures, type FeedRoom } from '../../../test/harness/feed-room.js';
import { ownRedis, type OwnRedis } from '../../../test/harness/redis.js';
import { invalidation } from './invalidations.js';

let database: TestDatabase;
/** Two processes: one caches what it has read, the other changes it. */
let here: FeedRoom;
let there: FeedRoom;
let fixtures: FeedFixtures;
let redis: OwnRedis;

beforeAll(async () => {
  database = await freshDatabase();
  redis = await ownRedis('near');
  [here, there] = await Promise.all([
    feedRoom(database.url, redis.operatorUrl),
    feedRoom(database.url, redis.operatorUrl),
  ]);
  fixtures = new FeedFixtures(database);
  here.clientCache.start();
});
beforeEach(async () => {
  await vi.waitUntil(() => here.clientCache.isUp);
});
afterAll(async () => {
  await Promise.all([here.close(), there.close()]);
  await Promise.all([database.close(), redis.stop()]);
});

const now = (): number => performance.now();
const likesOf = async (post: Id): Promise<number | undefined> =>
  (await here.counts.posts([post], now())).get(post)?.likes;
const idsOf = async (reader: Id): Promise<Id[]> =>
  (await here.homeFeeds.page(reader, { limit: 20 }, now())).ids;

/** The number of commands that Redis received beyond the check for changes. */
async function commands(): Promise<number> {
  const stats = await here.look.info('commandstats');
  const calls = [...stats.matchAll(/^cmdstat_(?:evalsha|eval|get|mget):calls=(\d+)/gm)];
  return calls.reduce((sum, [, count]) => sum + Number(count), 0);
}

/** A reader who follows an author with a post, all of it read twice. */
async function warm(): Promise<{ reader: Id; author: Id; post: Id }> {
  const [reader = '', author = ''] = await fixtures.persons(2);
  await fixtures.follow(reader, author);
  const post = await fixtures.post(author);
  await here.sessions.keep(reader, 'user');
  await vi.waitUntil(() => here.clientCache.isUp);
  for (let round = 0; round < 4; round += 1) {
    await here.sessions.read(reader, now());
    await idsOf(reader);
    await likesOf(post);
    await here.marks.of(reader, [post], now());
  }
  return { reader, author, post };
}

describe('what a process has read', () => {
  test('is not asked for again', async () => {
    const { reader, post } = await warm();
    const before = await commands();
    for (let round = 0; round < 10; round += 1) {
      expect(await here.sessions.read(reader, now())).toBe('user');
      expect(await idsOf(reader)).toEqual([post]);
      expect(await likesOf(post)).toBe(0);
      expect((await here.marks.of(reader, [post], now())).liked.size).toBe(0);
    }
    expect(await commands()).toBe(before);
  });

  test('is forgotten when another process changes it: a session, a feed, counts, marks, a version', async () => {
    const { reader, author, post } = await warm();
    await there.pending.invalidateOrThrow(invalidation.ofSession(reader));
    expect(await here.sessions.read(reader, now())).toBe('ended');

    await there.counts.changed('post.likes', post, 1, performance.now());
    expect(await likesOf(post)).toBe(1);

    const newer = await fixtures.post(author);
    await there.homeFeeds.insert(newer, [reader]);
    expect(await idsOf(reader)).toEqual([newer, post]);

    const like = `INSERT INTO likes (shard, post_id, user_id, id) VALUES (shard_of($1), $1, $2, next_id(0))`;
    await there.marks.change(reader, 'liked', post, true, () => fixtures.run(like, [post, reader]));
    expect([...(await here.marks.of(reader, [post], now())).liked]).toEqual([post]);

    await likesOf(post);
    await fixtures.run(`UPDATE users SET version = version + 1 WHERE id = $1`, [author]);
    await there.pending.invalidateOrThrow(invalidation.ofUser(author));
    const counts = await here.counts.posts([post], now());
    expect(counts.get(post)?.authorVersion).toBe(2);

    await fixtures.unfollow(reader, author);
    await there.pending.invalidateOrThrow(invalidation.ofFeed(reader));
    expect(await idsOf(reader)).toEqual([]);
  });

  test('holds the newest posts of large authors, merged for each reader', async () => {
    const [reader = '', plain = '', ...large] = await fixtures.persons(12);
    for (const author of [plain, ...large]) await fixtures.follow(reader, author);
    await fixtures.run(`UPDATE users SET audience = 2 WHERE id = ANY($1)`, [large]);
    const posts: Id[] = [];
    for (let round = 0; round < 4; round += 1) {
      for (const author of [plain, ...large]) posts.push(await fixtures.post(author));
    }
    const newest = (): Id[] => posts.toSorted((a, b) => compareIds(b, a)).slice(0, 20);
    for (let round = 0; round < 4; round += 1) {
      expect(await idsOf(reader)).toEqual(newest());
      await here.authorFeeds.settled();
    }
    const before = await commands();
    for (let round = 0; round < 10; round += 1) expect(await idsOf(reader)).toEqual(newest());
    expect(await commands()).toBe(before);
    for (const author of large) {
      const post = await fixtures.post(author);
      await there.authorFeeds.insert(post, author);
      posts.push(post);
      expect(await idsOf(reader)).toEqual(newest());
    }
  });

  test('never shows less than what was told before it was asked, however the two race', async () => {
    const { post } = await warm();
    let over = false;
    const others = Array.from({ length: 4 }, async () => {
      while (!over) await likesOf(post);
    });
    for (let likes = 1; likes <= 500; likes += 1) {
      await there.counts.changed('post.likes', post, 1, performance.now());
      expect(await likesOf(post)).toBe(likes);
    }
    over = true;
    await Promise.all(others);
  });

  test('is forgotten with the connection that tells of changes, and kept again when it is back', async () => {
    const { post } = await warm();
    await there.look.client('KILL', 'TYPE', 'pubsub');
    await there.counts.changed('post.likes', post, 1, performance.now());
    expect(await likesOf(post)).toBe(1);
    await vi.waitUntil(() => here.clientCache.isUp);
    await there.counts.changed('post.likes', post, 1, performance.now());
    expect(await likesOf(post)).toBe(2);
  });

  test('is forgotten with an emptied Redis, and with its epoch', async () => {
    const { reader, author, post } = await warm();
    const unheard = await fixtures.post(author);
    await there.look.flushall();
    expect(await idsOf(reader)).toEqual([unheard, post]);

    await idsOf(reader);
    const { epoch } = here.redis;
    await here.redis.renew();
    await vi.waitFor(() => expect(here.redis.epoch).not.toBe(epoch));
    await fixtures.unfollow(reader, author);
    expect(await here.look.exists(keys.homeFeed(epoch, reader))).toBe(1);
    expect(await idsOf(reader)).toEqual([]);
  });
});
