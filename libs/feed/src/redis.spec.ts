import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { keys, type Id } from '@app/platform';
import { CountRows, PopularRows, SearchWords } from '@app/storage';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { freePort } from '../../../tools/dev/ports.ts';
import { startRedis } from '../../../tools/dev/redis.ts';
import type { RunningServer } from '../../../tools/dev/processes.ts';
import { freshDatabase, type TestDatabase } from '../../../test/harness/database.js';
import { feedRoom, FeedFixtures, type FeedRoom } from '../../../test/harness/feed-room.js';
import { servers } from '../../../test/harness/servers.js';
import { invalidation } from './invalidations.js';
import { RedisAway } from './redis-link.js';
import { patient } from '../../../test/harness/pace.js';

const BUDGET = 250;

let database: TestDatabase;
let server: RunningServer;
let room: FeedRoom;
let other: FeedRoom;
let fixtures: FeedFixtures;
let reader: Id;
let posts: Id[];
let start: () => Promise<void>;

beforeAll(async () => {
  const dir = join(servers().folder, 'feed-redis');
  mkdirSync(servers().folder, { recursive: true });
  const port = await freePort();
  start = async () => {
    server = await startRedis({ dir, port, persistent: false, logFile: `${dir}.log` });
  };
  database = await freshDatabase();
  await start();
  room = await feedRoom(database.url, server.operatorUrl, BUDGET);
  other = await feedRoom(database.url, server.operatorUrl, BUDGET);
  fixtures = new FeedFixtures(database);
});
afterAll(async () => {
  await room.close();
  await other.close();
  await server.stop();
  await database.close();
});
beforeEach(async () => {
  const [person = '', author = ''] = await fixtures.persons(2);
  reader = person;
  await fixtures.follow(reader, author);
  posts = (await fixtures.posts(author, 3)).reverse();
});

const page = (who = room) => who.homeFeeds.page(reader, { limit: 20 });
const isBack = (who = room): Promise<void> =>
  vi.waitFor(() => expect(who.redis.available).toBe(true), { timeout: patient(10_000), interval: 10 });
const stopServing = (): boolean => process.kill(server.pid, 'SIGSTOP');
const goOn = (): boolean => process.kill(server.pid, 'SIGCONT');

async function killServer(): Promise<void> {
  await server.kill();
  await vi.waitFor(() => expect(room.redis.available || other.redis.available).toBe(false));
}

describe('Redis that comes back with an old dump', () => {
  test('is a new epoch for all processes: what it held is not read', async () => {
    await page();
    const before = room.redis.epoch;
    expect((await page()).source).toBe('redis');
    await room.look.save();
    const missed = await fixtures.post(await fixtures.person());
    await room.homeFeeds.insert(missed, [reader]);
    await killServer();
    await start();
    await Promise.all([isBack(), isBack(other)]);
    expect(room.redis.epoch).not.toBe(before);
    expect(other.redis.epoch).toBe(room.redis.epoch);
    expect(await room.look.lrange(keys.homeFeed(before, reader), 0, -1)).toEqual([...posts, '0']);
    expect(await page()).toMatchObject({ source: 'postgres', ids: posts });
    expect((await page(other)).source).toBe('redis');
  });
});

describe('an epoch', () => {
  test('is alike for all processes and survives reconnections', async () => {
    const before = room.redis.epoch;
    await room.look.client('KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    await vi.waitFor(() => expect(room.redis.available).toBe(false)).catch(() => undefined);
    await Promise.all([isBack(), isBack(other)]);
    expect([room.redis.epoch, other.redis.epoch]).toEqual([before, before]);
  });

  test('that one process begins is seen by the others within seconds', async () => {
    const before = other.redis.epoch;
    await room.redis.renew();
    expect(room.redis.epoch).not.toBe(before);
    await vi.waitFor(() => expect(other.redis.epoch).toBe(room.redis.epoch), { timeout: patient(5_000) });
  });
});

describe('while Redis is away', () => {
  test('PostgreSQL serves, and changes say so', async () => {
    await page();
    await killServer();
    expect(await page()).toMatchObject({ source: 'postgres', ids: posts, complete: true });
    expect((await room.counts.posts(posts)).size).toBe(3);
    expect((await room.marks.of(reader, posts)).liked.size).toBe(0);
    expect(await room.sessions.read('1', performance.now())).toBeNull();
    await expect(room.homeFeeds.insert('1', [reader])).rejects.toThrow(RedisAway);
    await expect(room.pending.invalidateOrThrow(invalidation.ofFeed(reader))).rejects.toThrow(RedisAway);
    await expect(room.counts.settle('post', posts)).rejects.toThrow(RedisAway);
    await expect(
      room.counts.changed('post.likes', posts[0] ?? '', 1, performance.now()),
    ).resolves.toBeUndefined();
    await start();
    await Promise.all([isBack(), isBack(other)]);
    await page();
    expect((await page()).source).toBe('redis');
  });
});

describe('Redis that hangs', () => {
  test('costs one budget, not one a request, and serves again when it answers', async () => {
    await page();
    stopServing();
    const first = performance.now();
    expect((await page()).source).toBe('postgres');
    expect(performance.now() - first).toBeLessThan(BUDGET + 250);
    const next = performance.now();
    for (let read = 0; read < 5; read += 1) expect((await page()).source).toBe('postgres');
    expect(performance.now() - next).toBeLessThan(BUDGET);
    goOn();
    await isBack();
    expect((await page()).source).toBe('redis');
  });

  test('is told later what it was not told: counts and marks are right when it is back', async () => {
    const post = posts[0] ?? '';
    const deltas = new CountRows(room.database, new PopularRows(room.database), new SearchWords());
    const likes = async (): Promise<unknown[]> => {
      const counts = (await room.counts.posts([post])).get(post);
      return [counts?.likes, (await room.marks.of(reader, [post])).liked.has(post)];
    };
    expect(await likes()).toEqual([0, false]);
    stopServing();
    await room.marks.change(reader, 'liked', post, true, async () => {
      const since = performance.now();
      await deltas.add(room.database, 'post.likes', [post], 1);
      await fixtures.run(
        `INSERT INTO likes (shard, user_id, post_id, id) VALUES (shard_of($1::bigint), $1, $2, 1)`,
        [reader, post],
      );
      await room.counts.changed('post.likes', post, 1, since);
    });
    expect(await likes()).toEqual([1, true]);
    goOn();
    await isBack();
    await vi.waitFor(async () => expect(await likes()).toEqual([1, true]));
  });
});

describe('what Redis has to forget', () => {
  const session = (who: FeedRoom) => who.sessions.read(reader, performance.now());

  beforeEach(async () => {
    await room.sessions.keep(reader, 'user');
    await Promise.all([session(room), session(other)]);
  });

  test('while it hangs is told when it goes on, before it is read', async () => {
    stopServing();
    await room.pending.invalidate(invalidation.ofSession(reader));
    await room.pending.invalidate(invalidation.ofFeed(reader));
    expect([await session(room), room.redis.available, room.pending.size]).toEqual([null, false, 2]);
    goOn();
    await isBack();
    expect([await session(room), room.pending.size]).toEqual(['ended', 0]);
    expect(await session(other)).toBe('ended');
  });

  test('while it takes no changes holds reads until it does', async () => {
    await room.look.config('SET', 'min-replicas-to-write', '1');
    await room.pending.invalidate(invalidation.ofSession(reader));
    expect([await session(room), room.pending.size]).toEqual([null, 1]);
    await room.look.config('SET', 'min-replicas-to-write', '0');
    await isBack();
    expect(await Promise.all([session(room), session(other)])).toEqual(['ended', 'ended']);
  });

  test('while it takes no changes for half a minute is forgotten with a new epoch', async () => {
    const before = room.redis.epoch;
    await room.look.config('SET', 'min-replicas-to-write', '1');
    await room.pending.invalidate(invalidation.ofSession(reader));
    await expect(room.pending.settle()).rejects.toThrow(RedisAway);
    const now = performance.now.bind(performance);
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => now() + 31_000);
    await isBack();
    clock.mockRestore();
    expect(room.redis.epoch).not.toBe(before);
    await vi.waitFor(() => expect(other.redis.epoch).toBe(room.redis.epoch), { timeout: 5_000 });
    expect(await Promise.all([session(room), session(other)])).toEqual([null, null]);
    await room.look.config('SET', 'min-replicas-to-write', '0');
  });

  test('while it has no memory left is forgotten all the same', async () => {
    await room.look.config('SET', 'maxmemory', '1');
    await room.pending.invalidate(invalidation.ofSession(reader));
    await room.look.config('SET', 'maxmemory', '0');
    expect([await session(other), room.pending.size]).toEqual(['ended', 0]);
  });

  test('beyond what is kept is forgotten with a new epoch', async () => {
    const before = room.redis.epoch;
    stopServing();
    const many = Array.from({ length: 10_001 }, (_, index) => invalidation.ofUser(String(index + 1)));
    await room.pending.invalidate(...many);
    await room.pending.invalidate(invalidation.ofSession(reader));
    goOn();
    await isBack();
    expect(room.redis.epoch).not.toBe(before);
    expect([await session(room), room.pending.size]).toEqual([null, 0]);
    await vi.waitFor(() => expect(other.redis.epoch).toBe(room.redis.epoch), { timeout: 5_000 });
  });

  test('is repeated by whoever holds its row, and not kept here too', async () => {
    stopServing();
    await expect(room.pending.invalidateOrThrow(invalidation.ofSession(reader))).rejects.toThrow(RedisAway);
    expect(room.pending.size).toBe(0);
    goOn();
    await isBack();
  });
});
