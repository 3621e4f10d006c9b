import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { Post } from '../harness/contract.js';
import { inTurns } from '../harness/crowd.js';
import { signUp, type Person } from '../harness/people.js';
import { drawn } from '../harness/pictures.js';
import { startStack, type Stack } from '../harness/stack.js';
import { patient } from '../harness/pace.js';

vi.setConfig({ testTimeout: patient(120_000) });

/** Twenty pages of a fan-out. */
const FOLLOWERS = 100_000;

let stack: Stack;
let ada: Person;
let grace: Person;
let bob: Person;
let seed = 0;

beforeAll(async () => {
  stack = await startStack({ env: { LARGE_AUTHOR_FOLLOWERS: '1000000' } });
  [ada, grace, bob] = (await Promise.all(['ada', 'grace', 'bob'].map((name) => signUp(stack, name)))) as [
    Person,
    Person,
    Person,
  ];
  await Promise.all([bob.follow(ada), bob.follow(grace)]);
  // They never read, as most people at any given time: only their number matters.
  await stack.database.query(
    `INSERT INTO followers (shard, followee_id, follower_id, id)
     SELECT shard_of($1::bigint), $1, next_id((n % 8192)::int), next_id(shard_of($1::bigint)) FROM generate_series(1, $2::int) AS n`,
    [ada.id, FOLLOWERS],
  );
  await stack.folded();
  await bob.feed();
});
afterAll(() => stack.stop());

async function photos(person: Person, count: number): Promise<{ id: string }[]> {
  const numbers = Array.from({ length: count }, () => (seed += 1));
  return inTurns(numbers, 4, async (number) =>
    person.upload(await drawn({ seed: number, width: 64, height: 48 })),
  );
}

async function pages(): Promise<number> {
  const metrics = await (await fetch(stack.metricsUrl)).text();
  return Number(
    /^narwhal_query_seconds_count\{[^}]*query="follower\.walk"[^}]*\} (\d+)/m.exec(metrics)?.[1] ?? 0,
  );
}

async function feedOf(person: Person): Promise<string[]> {
  return (await person.feed({ limit: 50 })).items.map(({ id }) => id);
}

test('a small audience, a photo and a deletion wait for no large fan-out', async () => {
  const [old] = await photos(grace, 1);
  const [fresh] = await photos(grace, 1);
  const gone = await grace.post([old as { id: string }]);
  const ready = await photos(ada, 12);
  await stack.folded();

  const large = await Promise.all(ready.map((photo) => ada.post([photo])));
  const small = await grace.post([fresh as { id: string }]);
  await grace.remove(gone);
  const photo = await bob.send(await drawn({ seed: (seed += 1), width: 640, height: 480 }));
  const done = async () => {
    const [row] = await stack.database.query<{ waiting: number; large: number }>(
      `SELECT (SELECT count(*)::int FROM outbox WHERE subject_id = ANY($1::bigint[]))
          + (SELECT count(*)::int FROM photos WHERE id = $2 AND state = 'processing') AS waiting,
        (SELECT count(*)::int FROM outbox WHERE subject_id = ANY($3::bigint[]) AND kind = 'post.deliver') AS large`,
      [[small.id, gone.id], photo.id, large.map(({ id }) => id)],
    );
    return row?.waiting === 0 ? row.large : undefined;
  };
  await expect.poll(done, { timeout: patient(30_000), interval: 10 }).toBeGreaterThan(0);
  await stack.folded(60_000);
  const expected = [...large, small].map(({ id }) => id);
  expect((await feedOf(bob)).toSorted()).toEqual(expected.toSorted());
});

test('a fan-out whose worker is killed goes on where it was, and says how long it took', async () => {
  const [photo] = await photos(ada, 1);
  await stack.folded();
  const post: Post = await ada.post([photo as { id: string }]);
  const progress = async () => {
    const [row] = await stack.database.query<{ progress: string | null }>(
      `SELECT progress FROM outbox WHERE subject_id = $1 AND kind = 'post.deliver'`,
      [post.id],
    );
    return row?.progress ?? null;
  };
  await expect.poll(progress, { timeout: patient(20_000), interval: 5 }).not.toBeNull();
  await stack.worker.kill();
  const reached = await progress();
  const [left] = await stack.database.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM followers WHERE followee_id = $1 AND follower_id > $2`,
    [ada.id, reached],
  );
  expect(left?.count).toBeLessThan(FOLLOWERS);
  await stack.worker.start();
  await stack.folded(60_000);
  expect(await feedOf(bob)).toContain(post.id);
  // A page is 5,000; the rest of the last, and the page of that size that the sweeper may have repeated.
  expect(await pages()).toBeLessThanOrEqual(Math.ceil((left?.count ?? 0) / 5_000) + 3);
  const metrics = await (await fetch(stack.metricsUrl)).text();
  expect(metrics).toMatch(/^narwhal_delivery_seconds_count(\{[^}]*\})? 1$/m);
});
