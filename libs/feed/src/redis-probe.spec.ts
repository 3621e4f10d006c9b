import type { Heartbeat } from '@app/platform';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ownRedis, type OwnRedis } from '../../../test/harness/redis.js';
import { RedisProbe } from './redis-probe.js';

// Redis counts commands for all of its databases.
let redis: OwnRedis;
let operator: Redis;
const probes: RedisProbe[] = [];

beforeAll(async () => {
  redis = await ownRedis('redis-probe');
  operator = redis.client();
});
afterAll(async () => {
  for (const probe of probes) probe.close();
  await redis.stop();
});

const heartbeat = (id: string, beat: number): Heartbeat => ({
  id,
  kind: 'api',
  beat,
  host: 'ada',
  pid: 7,
  version: '1',
  startedAt: '2026-11-30T12:00:00.000Z',
  metrics: '10.0.0.7:9464',
  sees: { redis: 'ok' },
  objectStores: ['disk'],
});

async function probe(): Promise<RedisProbe> {
  const made = new RedisProbe({ url: redis.url, patience: 2_000 });
  probes.push(made);
  await expect
    .poll(() =>
      made.look().then(
        () => true,
        () => false,
      ),
    )
    .toBe(true);
  return made;
}

const calls = async (command: string): Promise<number> => {
  const info = await operator.info('commandstats');
  return Number(new RegExp(`^cmdstat_${command}:calls=(\\d+)`, 'm').exec(info)?.[1] ?? 0);
};

test('processes hear each other, each as it beat last', async () => {
  const [ada, grace] = [await probe(), await probe()];
  await ada.beat(heartbeat('ada', 1), true);
  await ada.beat(heartbeat('ada', 2), true);
  const heard = await grace.beat(heartbeat('grace', 1), true);
  expect(heard?.map((one) => one.heartbeat).toSorted((a, b) => a.id.localeCompare(b.id))).toEqual([
    heartbeat('ada', 2),
    heartbeat('grace', 1),
  ]);
  for (const { age } of heard ?? []) expect(age).toBeLessThan(60);
});

test('a beat is one command, and reads the others only when asked to', async () => {
  const mary = await probe();
  const [evals, reads] = [await calls('eval'), await calls('hvals')];
  expect(await mary.beat(heartbeat('mary', 1), false)).toBeNull();
  expect([await calls('eval'), await calls('hvals')]).toEqual([evals + 1, reads]);
  expect(await mary.beat(heartbeat('mary', 2), true)).not.toBeNull();
  expect([await calls('eval'), await calls('hvals')]).toEqual([evals + 2, reads + 1]);
});
