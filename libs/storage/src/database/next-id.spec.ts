import { compareIds, ID_EPOCH, shardOf, timeOf } from '@app/platform';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { freshDatabase, type TestDatabase } from '../../../../test/harness/database.js';
import { freshRedis } from '../../../../test/harness/redis.js';

let database: TestDatabase;
beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database.close());

/** Makes ids of one shard in one statement. */
async function makeIds(count: number, shard = 7): Promise<string[]> {
  const rows = await database.query<{ id: string }>('SELECT next_id($1) AS id FROM generate_series(1, $2)', [
    shard,
    count,
  ]);
  return rows.map(({ id }) => id);
}

/** Sets the id clock as if the machine's clock had been `ahead` milliseconds ahead. */
async function setClock(ahead: number): Promise<void> {
  const milliseconds = BigInt(Date.now() + ahead) - ID_EPOCH;
  await database.query("SELECT setval('id_clock', $1)", [String(milliseconds << 10n)]);
}

describe('an id', () => {
  beforeEach(() => setClock(0));

  test('is 40 bits of milliseconds since 2026, 13 bits of shard, 10 bits of sequence', async () => {
    await database.query("SELECT setval('id_clock', $1)", [String((0xffff000000n << 10n) + 0x155n)]);
    const [id = ''] = await makeIds(1, 0x1234);
    expect(BigInt(id)).toBe((0xffff000000n << 23n) | (0x1234n << 10n) | 0x156n);
    await database.query("SELECT setval('id_clock', 0)");
  });

  test('carries the moment at which it was made, within two milliseconds', async () => {
    const before = Date.now();
    const [id = ''] = await makeIds(1);
    expect(timeOf(id)).toBeGreaterThanOrEqual(before - 2);
    expect(timeOf(id)).toBeLessThanOrEqual(Date.now());
  });

  test('of the last millisecond that fits is a positive 64-bit number in the year 2060', () => {
    const last = (((1n << 40n) - 1n) << 23n) | ((1n << 23n) - 1n);
    expect(last).toBe(9_223_372_036_854_775_807n);
    expect(new Date(timeOf(String(last))).getUTCFullYear()).toBe(2060);
  });

  test.each([0, 1, 4095, 8191])('names shard %i to SQL and to TypeScript alike', async (shard) => {
    const [id = ''] = await makeIds(1, shard);
    const [row] = await database.query<{ shard: number }>('SELECT shard_of($1) AS shard', [id]);
    expect([row?.shard, shardOf(id)]).toEqual([shard, shard]);
  });

  test('keeps only 13 bits of a shard that is too large', async () => {
    const [id = ''] = await makeIds(1, 8192 + 5);
    expect(shardOf(id)).toBe(5);
  });
});

describe('ids', () => {
  test.each([
    ['when the clock runs', 0],
    ['when the clock stepped back by an hour', 3_600_000],
    ['when the clock lags by a day', -86_400_000],
  ])('are all different, over parallel connections, %s', async (_, ahead) => {
    await setClock(ahead);
    const made = await Promise.all(Array.from({ length: 4 }, () => makeIds(25_000)));
    expect(new Set(made.flat()).size).toBe(100_000);
  });

  test('of one connection only grow, also while the clock steps back and forth', async () => {
    const made: string[] = [];
    for (const ahead of [0, 60_000]) {
      await setClock(ahead);
      made.push(...(await makeIds(3_000)));
    }
    // The machine's clock is now a minute behind the id clock, which never goes back.
    made.push(...(await makeIds(3_000)));
    const sorted = [...made].sort(compareIds);
    expect(made).toEqual(sorted);
  });
});

describe('neighbours above 2^53', () => {
  const neighbours = ['9007199254740992', '9007199254740993', '9223372036854775806', '9223372036854775807'];

  test('stay apart in JSON', () => {
    expect(JSON.parse(JSON.stringify(neighbours))).toEqual(neighbours);
  });

  test('stay apart in PostgreSQL', async () => {
    const rows = await database.query<{ id: string }>('SELECT unnest($1::bigint[]) AS id', [neighbours]);
    expect(rows.map(({ id }) => id)).toEqual(neighbours);
  });

  test('stay apart in a list and a hash of Redis', async () => {
    const redis = new Redis(await freshRedis());
    await redis.rpush('list', ...neighbours);
    await redis.hset('hash', Object.fromEntries(neighbours.map((id) => [id, id])));
    expect(await redis.lrange('list', 0, -1)).toEqual(neighbours);
    expect(Object.values(await redis.hgetall('hash')).sort(compareIds)).toEqual(neighbours);
    redis.disconnect();
  });
});
