import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { encode, RawSocket } from '../fan-out-floor.ts';
import { signUp } from '../fixtures.ts';
import type { Scenario } from './scenario.ts';
import { median } from '../measuring.ts';

const POSTS = 3;
/** Each follower's feed entries before delivery. */
const ENTRIES = 20;
const PATIENCE = 300_000;

export interface Delivery {
  followers: number;
  /** Seconds from publication until the last follower's feed has the post; the median of some posts. */
  lag: number;
}

/** Every feed exists, as if all people had read within 30 days. */
async function fillFeeds(scenario: Scenario, followers: number): Promise<void> {
  const { rows } = await scenario.client.query<{ id: string }>(
    'SELECT id FROM posts ORDER BY id DESC LIMIT $1',
    [ENTRIES],
  );
  const ids = [...rows.map(({ id }) => id), '0'];
  const raw = await RawSocket.open(scenario.redisUrl);
  for (let from = 0; from < followers; from += 1_000) {
    const count = Math.min(1_000, followers - from);
    const keys = Array.from({ length: count }, (_, n) => scenario.feedKey(scenario.dataset.userId(from + n)));
    const commands = keys.flatMap((key) => [encode('DEL', key), encode('RPUSH', key, ...ids)]);
    await raw.send(Buffer.from(commands.join('')), commands.length);
  }
  raw.close();
}

/** A new author with this many followers; `n` makes the name unique. */
async function authorOf(scenario: Scenario, followers: number) {
  const author = await signUp(scenario.api, `author${followers}`);
  const { client } = scenario;
  const some = `(SELECT shard, id FROM users WHERE username NOT LIKE 'author%' ORDER BY id LIMIT $2) f`;
  await client.query(
    `INSERT INTO followers (shard, followee_id, follower_id, id) SELECT shard_of($1), $1, f.id, next_id(shard_of($1)) FROM ${some}`,
    [author.id, followers],
  );
  await client.query(
    `INSERT INTO follows (shard, follower_id, followee_id, id) SELECT f.shard, f.id, $1, next_id(f.shard) FROM ${some}`,
    [author.id, followers],
  );
  return author;
}

async function delivered(scenario: Scenario): Promise<{ count: number; sum: number }> {
  const text = await (await fetch(`${scenario.worker.url}/metrics`)).text();
  const value = (name: string): number => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1] ?? 0);
  return { count: value('narwhal_delivery_seconds_count'), sum: value('narwhal_delivery_seconds_sum') };
}

async function post(
  scenario: Scenario,
  author: { id: string; headers: Record<string, string> },
): Promise<number> {
  const { rows } = await scenario.client.query<{ id: string }>(
    `INSERT INTO photos (shard, id, owner_id, state, folder, bytes, type, alt_text, width, height, thumbhash, color, renditions, settled_at)
     SELECT shard_of($1), next_id(shard_of($1)), $1, 'ready', folder, bytes, type, alt_text, width, height, thumbhash, color, renditions, now()
     FROM photos LIMIT 1 RETURNING id`,
    [author.id],
  );
  const before = await delivered(scenario);
  const response = await fetch(`${scenario.api.url}/v1/posts`, {
    method: 'POST',
    headers: { ...author.headers, 'content-type': 'application/json' },
    body: JSON.stringify({ photoIds: [rows[0]?.id] }),
  });
  if (response.status !== 201) throw new Error(`posting: ${response.status} ${await response.text()}`);
  for (const deadline = Date.now() + PATIENCE; Date.now() < deadline; await sleep(20)) {
    const { count, sum } = await delivered(scenario);
    if (count > before.count) return sum - before.sum;
  }
  throw new Error(`expected a post to be delivered within ${PATIENCE / 1000} s`);
}

/** How long a post takes to reach the last of its author's followers, by their number. */
export async function measureDeliveries(
  scenario: Scenario,
  audiences: readonly number[],
  tick: (what: string) => void,
): Promise<Delivery[]> {
  const largest = Math.max(...audiences);
  tick(`feeds of ${largest}`);
  await fillFeeds(scenario, largest);
  const deliveries: Delivery[] = [];
  for (const followers of audiences) {
    tick(`${followers} followers`);
    const author = await authorOf(scenario, followers);
    const lags: number[] = [];
    for (let round = 0; round < POSTS; round += 1) lags.push(await post(scenario, author));
    deliveries.push({ followers, lag: median(lags) });
  }
  const redis = new Redis(scenario.redisUrl);
  await redis.flushall();
  redis.disconnect();
  return deliveries;
}
