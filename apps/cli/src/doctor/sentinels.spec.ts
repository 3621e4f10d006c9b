import { throughSentinels } from '@app/platform';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { patient } from '../../../../test/harness/pace.js';
import { SentinelRedis } from '../../../../test/servers/redis-sentinels.js';
import { sentinels } from './sentinels.js';

let redis: SentinelRedis;
beforeAll(async () => {
  redis = await SentinelRedis.start();
}, patient(60_000));
afterAll(() => redis.stop());

test('three sentinels are in order; a hasty one, one that is away, and too few are each named', async () => {
  const url = throughSentinels(redis.url, redis.sentinels);
  expect(await sentinels(url)).toEqual([{ level: 'ok', text: '3 sentinels watch Redis' }]);
  const [first, second] = redis.clients;
  await first?.call('SENTINEL', 'SET', 'narwhal', 'down-after-milliseconds', '500');
  await second?.call('SHUTDOWN').catch(() => undefined);
  const [away, hasty, ...others] = await sentinels(url);
  expect(away?.text).toMatch(/^The sentinel at \S+ cannot be used \(connect ECONNREFUSED/);
  expect(hasty?.text).toMatch(/gives Redis up after 500 ms: set down-after-milliseconds to 2000/);
  expect(others).toEqual([]);
  const two = redis.sentinels.split(',').slice(0, 2).join(',');
  const few = (await sentinels(throughSentinels(redis.url, two))).map(({ text }) => text);
  expect(few).toContainEqual(expect.stringContaining('There are 2 sentinels, and a failover takes 3'));
});
