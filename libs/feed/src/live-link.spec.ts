import { Redis } from 'ioredis';
import { expect, test } from 'vitest';
import { freshRedis } from '../../../test/harness/redis.js';
import { LiveLink } from './live-link.js';

test('connects when the first one listens, loses nothing from then on, and says when it did', async () => {
  const url = await freshRedis();
  const operator = new Redis(url);
  const link = new LiveLink(url);
  const heard: string[] = [];
  let missed = 0;
  link.start(
    (text) => heard.push(text),
    () => (missed += 1),
  );
  const subscribers = async () => (await operator.client('LIST', 'TYPE', 'PUBSUB')) as string;
  expect(await subscribers()).toBe('');
  await Promise.all([link.listen('likes'), link.listen('comments')]);
  await operator.publish('likes', 'ada');
  await operator.publish('comments', 'grace');
  await expect.poll(() => heard).toEqual(['ada', 'grace']);
  expect(missed).toBe(0);
  await operator.client('KILL', 'TYPE', 'PUBSUB');
  await expect.poll(() => missed).toBe(1);
  await operator.publish('comments', 'mary');
  await expect.poll(() => heard).toEqual(['ada', 'grace', 'mary']);
  link.stop();
  operator.disconnect();
});
