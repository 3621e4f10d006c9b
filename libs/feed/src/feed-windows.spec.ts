import { keys, type Id } from '@app/platform';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { freshDatabase, type TestDatabase } from '../../../test/harness/database.js';
import { feedRoom, FeedFixtures, type FeedRoom } from '../../../test/harness/feed-room.js';
import { freshRedis } from '../../../test/harness/redis.js';
import { invalidation } from './invalidations.js';

let database: TestDatabase;
let room: FeedRoom;
let other: FeedRoom;
let fixtures: FeedFixtures;
let reader: Id;
let author: Id;
let posts: Id[];

beforeAll(async () => {
  database = await freshDatabase();
  const redis = await freshRedis();
  room = await feedRoom(database.url, redis);
  other = await feedRoom(database.url, redis);
  fixtures = new FeedFixtures(database);
});
afterAll(async () => {
  await room.close();
  await other.close();
  await database.close();
});
beforeEach(async () => {
  await room.look.flushdb();
  vi.restoreAllMocks();
  [reader = '', author = ''] = await fixtures.persons(2);
  await fixtures.follow(reader, author);
  posts = (await fixtures.posts(author, 5)).reverse();
});

const listOf = (owner: Id): Promise<Id[]> => room.look.lrange(keys.homeFeed(room.redis.epoch, owner), 0, -1);
const page = (who = room) => who.homeFeeds.page(reader, { limit: 20 });

/** Holds the next rebuild between PostgreSQL's answer and its installation. */
function holdRebuild(who: FeedRoom): { read: Promise<void>; release: () => void } {
  const { rows } = who;
  const real = rows.newestIds.bind(rows);
  let release = (): void => undefined;
  const released = new Promise<void>((done) => (release = done));
  const read = new Promise<void>((arrived) => {
    vi.spyOn(rows, 'newestIds').mockImplementationOnce(async (...asked) => {
      const ids = await real(...asked);
      arrived();
      await released;
      return ids;
    });
  });
  return { read, release };
}

describe('a feed that is absent', () => {
  test('is built by the first read and answered by Redis afterwards', async () => {
    expect(await page()).toMatchObject({ ids: posts, complete: true, source: 'postgres' });
    expect(await listOf(reader)).toEqual([...posts, '0']);
    const again = await page();
    expect(again).toMatchObject({ ids: posts, complete: true, source: 'redis' });
    expect(again.mayAppear(author)).toBe(true);
    expect(again.mayAppear(reader)).toBe(true);
    expect(again.mayAppear('77')).toBe(false);
  });

  test('of somebody who follows nobody is built too, and empty', async () => {
    const hermit = await fixtures.person();
    await room.homeFeeds.page(hermit, { limit: 20 });
    const again = await room.homeFeeds.page(hermit, { limit: 20 });
    expect(again).toMatchObject({ ids: [], complete: true, source: 'redis' });
  });

  test('shows what is one’s own also while it is published, but nobody else’s', async () => {
    await fixtures.run(`UPDATE posts SET state = 'publishing' WHERE id = $1`, [posts[0]]);
    expect((await page()).ids).toEqual(posts.slice(1));
    expect((await room.homeFeeds.page(author, { limit: 20 })).ids).toEqual(posts);
  });

  test('lives for 30 days after a read, and a read in the last 29 prolongs it', async () => {
    await page();
    const key = keys.homeFeed(room.redis.epoch, reader);
    await room.look.expire(key, 1_000);
    await page();
    expect(await room.look.ttl(key)).toBeGreaterThan(29 * 86_400);
  });
});

describe('what happens during a build', () => {
  test('a post that arrives is kept, in its place', async () => {
    const held = holdRebuild(room);
    const first = page();
    await held.read;
    const arrived = await fixtures.post(author);
    expect(await room.homeFeeds.insert(arrived, [reader])).toBe(1);
    expect(await room.homeFeeds.insert(posts[2] ?? '', [reader])).toBe(1);
    held.release();
    await first;
    expect((await page()).ids).toEqual([arrived, ...posts]);
  });

  test('a post that arrives below a full window is left to PostgreSQL', async () => {
    const old = posts[4] ?? '';
    await fixtures.posts(author, 510);
    const held = holdRebuild(room);
    const first = page();
    await held.read;
    await room.homeFeeds.insert(old, [reader]);
    held.release();
    await first;
    const list = await listOf(reader);
    expect(list).toHaveLength(500);
    expect(list).not.toContain(old);
  });

  test('a bump makes it install nothing', async () => {
    const held = holdRebuild(room);
    const first = page();
    await held.read;
    await fixtures.unfollow(reader, author);
    await room.pending.invalidateOrThrow(invalidation.ofFeed(reader));
    held.release();
    await first;
    expect(await listOf(reader)).toEqual([]);
    expect((await page()).ids).toEqual([]);
  });

  test('FLUSHALL makes it install nothing', async () => {
    const held = holdRebuild(room);
    const first = page();
    await held.read;
    await room.look.flushdb();
    const missed = await fixtures.post(author);
    await room.homeFeeds.insert(missed, [reader]);
    held.release();
    expect((await first).ids).toEqual(posts);
    expect((await page()).ids).toEqual([missed, ...posts]);
  });

  test('a second reader is served by PostgreSQL and builds nothing', async () => {
    const held = holdRebuild(room);
    const first = page();
    await held.read;
    expect(await page(other)).toMatchObject({ ids: posts, source: 'postgres' });
    expect((await listOf(reader))[0]).toMatch(/^-/);
    held.release();
    await first;
    expect((await page(other)).source).toBe('redis');
  });

  test('a builder that died is taken over, and its late answer refused', async () => {
    const held = holdRebuild(room);
    const first = page();
    await held.read;
    const key = keys.homeFeed(room.redis.epoch, reader);
    await room.look.lset(key, -1, `-${Date.now() - 11_000}123456`);
    const arrived = await fixtures.post(author);
    await room.homeFeeds.insert(arrived, [reader]);
    expect((await page(other)).ids).toEqual([arrived, ...posts]);
    await room.look.lrem(key, 0, posts[0] ?? '');
    held.release();
    await first;
    expect(await listOf(reader)).toEqual([arrived, ...posts.slice(1), '0']);
  });
});

describe('relations', () => {
  test('of an older generation are never used, in this process or another', async () => {
    await page();
    await page();
    const before = await page(other);
    expect(before.mayAppear(author)).toBe(true);
    await fixtures.unfollow(reader, author);
    await room.pending.invalidateOrThrow(invalidation.ofFeed(reader));
    await page();
    // A delivery that had read the followers before: the feed has the post, the relations lack its author.
    await room.homeFeeds.insert(posts[0] ?? '', [reader]);
    for (const who of [room, other]) {
      const after = await page(who);
      expect(after).toMatchObject({ source: 'redis', ids: [posts[0]] });
      expect(after.mayAppear(author)).toBe(false);
    }
  });

  test('that were read before a bump are not kept after it', async () => {
    await page();
    const real = room.rows.relations.bind(room.rows);
    vi.spyOn(room.rows, 'relations').mockImplementationOnce(async (...asked) => {
      const relations = await real(...asked);
      await fixtures.unfollow(reader, author);
      await other.pending.invalidateOrThrow(invalidation.ofFeed(reader));
      return relations;
    });
    await page();
    expect(await room.look.exists(keys.relations(room.redis.epoch, reader))).toBe(0);
    await page();
    expect((await page()).mayAppear(author)).toBe(false);
  });

  test('leave out whom the reader muted or blocked, and who blocked the reader', async () => {
    const [muted = '', blocked = '', blocker = ''] = await fixtures.persons(3);
    for (const person of [muted, blocked, blocker]) await fixtures.follow(reader, person);
    for (const person of [muted, blocked, blocker]) await fixtures.post(person);
    const shard = `shard_of($1::bigint)`;
    await fixtures.run(`INSERT INTO mutes (shard, muter_id, muted_id, id) VALUES (${shard}, $1, $2, 1)`, [
      reader,
      muted,
    ]);
    await fixtures.run(
      `INSERT INTO blocks (shard, blocker_id, blocked_id, id) VALUES (${shard}, $1, $2, 1)`,
      [reader, blocked],
    );
    await fixtures.run(
      `INSERT INTO blocked_by (shard, blocked_id, blocker_id, id) VALUES (${shard}, $1, $2, 1)`,
      [reader, blocker],
    );
    expect((await page()).ids).toEqual(posts);
    const again = await page();
    for (const person of [muted, blocked, blocker]) expect(again.mayAppear(person)).toBe(false);
  });
});
