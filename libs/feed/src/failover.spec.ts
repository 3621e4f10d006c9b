import { Redis } from 'ioredis';
import { throughSentinels, type Id } from '@app/platform';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { freshDatabase, type TestDatabase } from '../../../test/harness/database.js';
import { feedRoom, FeedFixtures, type FeedRoom } from '../../../test/harness/feed-room.js';
import { patient } from '../../../test/harness/pace.js';
import { SentinelRedis } from '../../../test/servers/redis-sentinels.js';

vi.setConfig({ testTimeout: patient(90_000), hookTimeout: patient(60_000) });

let database: TestDatabase;
let redis: SentinelRedis;
/** Two processes: one caches what it has read, the other changes it. */
let here: FeedRoom;
let there: FeedRoom;
let fixtures: FeedFixtures;

beforeAll(async () => {
  [database, redis] = await Promise.all([freshDatabase(), SentinelRedis.start()]);
  const url = throughSentinels(redis.url, redis.sentinels);
  [here, there] = await Promise.all([feedRoom(database.url, url, 250), feedRoom(database.url, url, 250)]);
  fixtures = new FeedFixtures(database);
  here.clientCache.start();
});
afterAll(async () => {
  await Promise.all([here.close(), there.close()]);
  await Promise.all([database.close(), redis.stop()]);
});

const now = (): number => performance.now();
const idsOf = async (reader: Id): Promise<Id[]> =>
  (await here.homeFeeds.page(reader, { limit: 20 }, now())).ids;
const isBack = () =>
  vi.waitUntil(
    () =>
      here.clientCache.isUp &&
      here.redis.available &&
      there.redis.available &&
      here.redis.epoch === there.redis.epoch,
    { timeout: patient(30_000) },
  );

/** A reader whose feed `here` has cached. */
async function warm(): Promise<{ reader: Id; author: Id; shown: Id[] }> {
  const [reader = '', author = ''] = await fixtures.persons(2);
  await fixtures.follow(reader, author);
  const shown = [await fixtures.post(author)];
  for (let round = 0; round < 4; round += 1) expect(await idsOf(reader)).toEqual(shown);
  return { reader, author, shown };
}

/** What `there` tells Redis of is what `here` shows from then on; a post that Redis did not take is not told of. */
async function follows({ reader, author, shown }: Awaited<ReturnType<typeof warm>>): Promise<void> {
  await isBack();
  for (let round = 0; round < 5; round += 1) {
    const post = await fixtures.post(author);
    const tell = async () => {
      await there.redis.confirm();
      await there.homeFeeds.insert(post, [reader]);
    };
    // A primary whose replicas lag takes nothing, and its caller tries again.
    await vi.waitFor(tell, { timeout: patient(20_000), interval: 100 });
    shown.unshift(post);
    const page = shown.slice(0, 20);
    expect(await idsOf(reader)).toEqual(page);
    expect(await idsOf(reader)).toEqual(page);
  }
}

test('a primary that hangs, and then wakes up as a second one', async () => {
  await isBack();
  const feed = await warm();
  const old = await redis.primary();
  process.kill(old.pid, 'SIGSTOP');
  await redis.untilAnother(old);
  await follows(feed);
  process.kill(old.pid, 'SIGCONT');
  const woken = new Redis(old.operatorUrl).on('error', () => undefined);
  for (let isSecond = true; isSecond; isSecond = !(await woken.info('replication')).includes('role:slave'))
    await follows(feed);
  await follows(feed);
  woken.disconnect();
});

test('a primary that is killed: what another process changes at the new one is seen at once', async () => {
  const told = vi.spyOn(console, 'error').mockImplementation(() => undefined);
  await isBack();
  const feed = await warm();
  await follows(feed);
  const old = await redis.primary();
  await redis.kill(old);
  await redis.untilAnother(old);
  await follows(feed);
  expect(told.mock.calls).toEqual([]);
});
