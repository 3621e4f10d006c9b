import { Agent, request } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Post } from '../harness/contract.js';
import { crowd, inTurns } from '../harness/crowd.js';
import { notificationsOf, unreadListed, unreadOf } from '../harness/notifications.js';
import { signUp, type Person } from '../harness/people.js';
import { drawn } from '../harness/pictures.js';
import { startStack, type Stack } from '../harness/stack.js';
import { patient } from '../harness/pace.js';

vi.setConfig({ testTimeout: patient(180_000) });

const PEOPLE = 1_000;
/** Concurrent requests. */
const WIDTH = 64;

let stack: Stack;
let ada: Person;
let people: Person[];
let post: Post;
let round = 0;
const agent = new Agent({ keepAlive: true, maxSockets: WIDTH });

beforeAll(async () => {
  stack = await startStack({ api: 2 });
  ada = await signUp(stack, 'ada');
  people = await crowd(stack, 'fan', PEOPLE);
});
afterAll(async () => {
  agent.destroy();
  await stack.stop();
});
beforeEach(async () => {
  round += 1;
  const picture = await drawn({ seed: round, width: 320, height: 240 });
  post = await ada.post([await ada.upload(picture)]);
  await stack.folded();
});

/** Likes or unlikes, through alternating processes; returns the status. As lean as possible, for a thousand a second. */
function press(person: Person, method: 'PUT' | 'DELETE'): Promise<number> {
  const api = stack.apis[Number(BigInt(person.id) % 2n)] ?? stack.api;
  const headers = { authorization: `Bearer ${person.session.accessToken}` };
  return new Promise((resolve, reject) => {
    request(`${api.url}/v1/posts/${post.id}/like`, { method, headers, agent }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode ?? 0));
    })
      .on('error', reject)
      .end();
  });
}

/** Everybody does it, as fast as the stack accepts it; prints the rate. */
async function all(what: 'like' | 'unlike', who: readonly Person[]): Promise<void> {
  const begun = performance.now();
  const statuses = await inTurns(who, WIDTH, (person) => press(person, what === 'like' ? 'PUT' : 'DELETE'));
  const rate = Math.round((who.length * 1000) / (performance.now() - begun));
  console.log(`${who.length} people ${what} one post: ${rate} a second`);
  expect(new Set(statuses)).toEqual(new Set([200]));
}

/** The people whose likes exist, newest first, by the rows. */
async function likers(): Promise<string[]> {
  const rows = await stack.database.query<{ user_id: string }>(
    `SELECT user_id FROM post_likes WHERE post_id = $1 ORDER BY id DESC`,
    [post.id],
  );
  return rows.map(({ user_id }) => user_id);
}

/** One notification with the exact count, its newest three people, and one unread; the post's count and its rows agree. */
async function expectToldOf(count: number): Promise<void> {
  const found = (await notificationsOf(ada)).items.filter(({ post: about }) => about?.id === post.id);
  const newest = (await likers()).slice(0, 3);
  expect(found.map((item) => [item.type, item.count, item.actors.map(({ id }) => id)])).toEqual(
    count === 0 ? [] : [['like', count, newest]],
  );
  expect(await unreadOf(ada)).toBe(await unreadListed(ada));
  expect((await ada.see(post)).counts.likes).toBe(count);
  const [row] = await stack.database.query<{ likes_count: number; found: number }>(
    `SELECT likes_count, (SELECT count(*)::int FROM post_likes WHERE post_id = p.id) AS found FROM posts p WHERE id = $1`,
    [post.id],
  );
  expect(row).toEqual({ likes_count: count, found: count });
}

describe(`${PEOPLE} people who like one post`, () => {
  test('are one notification and an exact count; taken back, they are none', async () => {
    await all('like', people);
    await stack.folded(60_000);
    await expectToldOf(PEOPLE);
    expect(await unreadOf(ada)).toBe(1);
    await all('unlike', people);
    await stack.folded(60_000);
    await expectToldOf(0);
    expect(await unreadOf(ada)).toBe(0);
  });

  test('are counted exactly also when the worker is killed and Redis emptied in between', async () => {
    const likes = all('like', people);
    // In the middle of the likes.
    const counted = async () => (await ada.see(post)).counts.likes;
    await expect.poll(counted, { timeout: patient(20_000), interval: 20 }).toBeGreaterThan(PEOPLE / 20);
    await stack.worker.kill();
    await stack.redis.flushall();
    await stack.worker.start();
    await likes;
    // In the middle of notifying and folding.
    await stack.worker.kill();
    await stack.worker.start();
    await stack.folded(60_000);
    await expectToldOf(PEOPLE);
  });

  test('and unlike and like it in a storm, each more than once, end where their last word was', async () => {
    const some = people.slice(0, 300);
    const keep = new Set(some.filter((_, index) => index % 3 === 0));
    const seen: number[] = [];
    const watch = setInterval(() => void ada.see(post).then(({ counts }) => seen.push(counts.likes)), 50);
    await inTurns(some, WIDTH, async (person) => {
      for (const method of ['PUT', 'DELETE', 'PUT', 'PUT', 'DELETE', 'DELETE'] as const)
        expect(await press(person, method)).toBe(200);
      if (keep.has(person)) expect(await press(person, 'PUT')).toBe(200);
    });
    clearInterval(watch);
    await stack.folded(60_000);
    await expectToldOf(keep.size);
    expect(new Set(await likers())).toEqual(new Set([...keep].map(({ id }) => id)));
    expect(Math.min(...seen)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...seen)).toBeLessThanOrEqual(some.length);
  });
});
