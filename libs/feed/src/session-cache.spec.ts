import { keys } from '@app/platform';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freshDatabase, type TestDatabase } from '../../../test/harness/database.js';
import { feedRoom, type FeedRoom } from '../../../test/harness/feed-room.js';
import { freshRedis } from '../../../test/harness/redis.js';
import { invalidation } from './invalidations.js';

let database: TestDatabase;
let room: FeedRoom;

beforeAll(async () => {
  database = await freshDatabase();
  room = await feedRoom(database.url, await freshRedis());
});
afterAll(async () => {
  await room.close();
  await database.close();
});

test('a session that was looked up is kept for the length of an access token', async () => {
  expect(await room.sessions.read('1', performance.now())).toBeNull();
  await room.sessions.keep('1', '{"user":"2"}');
  expect(await room.sessions.read('1', performance.now())).toBe('{"user":"2"}');
  expect(await room.look.ttl(keys.session(room.redis.epoch, '1'))).toBeGreaterThan(14 * 60);
});

test('a session that ended stays ended, whoever looked it up before and keeps it after', async () => {
  await room.pending.invalidateOrThrow(invalidation.ofSession('7'));
  await room.sessions.keep('7', '{"user":"2"}');
  expect(await room.sessions.read('7', performance.now())).toBe('ended');
});
