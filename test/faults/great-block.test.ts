import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { Post } from '../harness/contract.js';
import { unreadOf } from '../harness/notifications.js';
import { signUp, type Person } from '../harness/people.js';
import { drawn } from '../harness/pictures.js';
import { startStack, type Stack } from '../harness/stack.js';
import { patient } from '../harness/pace.js';

vi.setConfig({ testTimeout: patient(300_000) });

/** More posts than a block handles in its own transaction, which is 2,000; the worker does the rest. */
const POSTS = 2_100;

let stack: Stack;
let ada: Person;
let mallory: Person;
let grace: Person;
let hers: Post;

beforeAll(async () => {
  stack = await startStack();
  ada = await signUp(stack, 'ada');
  mallory = await signUp(stack, 'mallory');
  grace = await signUp(stack, 'grace');
  hers = await grace.post([await grace.upload(await drawn({ seed: 2, width: 320, height: 240 }))]);
});
afterAll(() => stack.stop());

/** $1 a post, $2 the number of its likes, $3 the person who likes them all: copies with all their rows and counts. */
const copied = `WITH made AS (
    INSERT INTO posts SELECT (jsonb_populate_record(p, jsonb_build_object('id', next_id(p.shard::int), 'likes_count', 1))).*
    FROM posts p, generate_series(1, $2::int) WHERE p.id = $1
    RETURNING shard, id),
  liked AS (INSERT INTO likes (shard, user_id, post_id, id)
    SELECT shard_of($3::bigint), $3, id, next_id(shard_of($3::bigint)) FROM made)
  INSERT INTO post_likes (shard, post_id, user_id, id) SELECT shard, id, $3, next_id(shard::int) FROM made`;

/** Whether the likes of all those posts are hidden, and the counts of their rows. */
const tally = () =>
  stack.database.query<{ likes: number; hidden: boolean; posts: number }>(
    `SELECT p.likes_count AS likes, l.hidden, count(*)::int AS posts
     FROM posts p JOIN post_likes l ON l.shard = p.shard AND l.post_id = p.id
     WHERE p.author_id = $1 GROUP BY 1, 2`,
    [ada.id],
  );

/** Other people's notifications arrive while ada's two thousand are still being recomputed. */
async function expectOthersToldMeanwhile(): Promise<void> {
  await mallory.like(hers);
  await expect.poll(() => unreadOf(grace), { timeout: patient(60_000) }).toBe(1);
  const [waiting] = await stack.database.query<{ rows: number }>(
    `SELECT count(*)::int AS rows FROM outbox WHERE kind = 'notify.likes'`,
  );
  expect(waiting?.rows).toBeGreaterThan(0);
}

test(`a block takes ${POSTS} likes off the blocker's posts, also when the worker is killed, and its end brings them back`, async () => {
  const post = await ada.post([await ada.upload(await drawn({ width: 320, height: 240 }))]);
  await stack.folded();
  await stack.database.query(copied, [post.id, POSTS, mallory.id]);
  await stack.folded(60_000);
  expect(await tally()).toEqual([{ likes: 1, hidden: false, posts: POSTS }]);

  await ada.request('put', `/v1/users/${mallory.id}/block`).expect(200);
  await stack.worker.kill();
  await stack.worker.start();
  await stack.folded(120_000);
  expect(await tally()).toEqual([{ likes: 0, hidden: true, posts: POSTS }]);

  await ada.request('delete', `/v1/users/${mallory.id}/block`).expect(200);
  await expectOthersToldMeanwhile();
  await stack.folded(120_000);
  expect(await tally()).toEqual([{ likes: 1, hidden: false, posts: POSTS }]);
});
