import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Photo } from './harness/contract.js';
import { crowd, inTurns } from './harness/crowd.js';
import { modelSeconds, modelSeed } from './harness/env.js';
import { drawn } from './harness/pictures.js';
import { copyOf } from './harness/ready-photos.js';
import { startStack, type Stack } from './harness/stack.js';
import { acts, Scenario, type Deed } from './harness/scenario.js';

/** Concurrent histories, each with its own people: they share the faults. */
const SCENARIOS = 36;
const PEOPLE = 5;
const DEEDS = 24;

const faults = ['none', 'redis emptied', 'old dump', 'worker killed', 'feeds idle', 'jobs again'] as const;
type Fault = (typeof faults)[number];

let stack: Stack;
let scenarios = 0;
let photo: Photo;

beforeAll(async () => {
  // More than two followers make a large author; and work that waits for half a second is repeated.
  stack = await startStack({
    env: { LARGE_AUTHOR_FOLLOWERS: '2', SWEEP_INTERVAL: '200', SWEEP_OVERDUE: '500' },
  });
  const [painter] = await crowd(stack, 'painter', 1);
  if (painter) photo = await painter.upload(await drawn({ width: 64, height: 48 }));
});
afterAll(() => stack.stop());

async function fault(what: Fault): Promise<void> {
  if (what === 'redis emptied') await stack.redis.flushall();
  if (what === 'feeds idle') await forgetFeeds();
  if (what === 'worker killed') {
    await stack.worker.kill();
    await stack.worker.start();
  }
  if (what === 'old dump') {
    await stack.redis.client().save();
    saved = true;
  }
  if (what === 'jobs again') await repeatJobs();
}

let saved = false;

/** The saved dump is now some deeds old: Redis restarts with it. */
async function comeBackOld(): Promise<void> {
  if (!saved) return;
  saved = false;
  await stack.redis.stop();
  await stack.redis.start();
}

/** Simulates that nobody has read for 30 days. */
async function forgetFeeds(): Promise<void> {
  const redis = stack.redis.client();
  const found = await redis.keys('*:feed:*');
  if (found.length > 0) await redis.del(...found);
}

/** Repeats the delivery of posts, deleted and archived ones too, and recomputes data that depends on people, in any order. */
async function repeatJobs(): Promise<void> {
  await stack.database.query(
    `INSERT INTO outbox (shard, id, kind, subject_id)
     SELECT shard, next_id(shard), kind, id FROM (
       (SELECT shard, id, 'post.deliver' AS kind FROM posts ORDER BY id DESC LIMIT 100)
       UNION ALL (SELECT shard, id, 'notify.likes' FROM posts ORDER BY id DESC LIMIT 100)
       UNION ALL (SELECT shard, id, 'relations.changed' FROM users ORDER BY id DESC LIMIT 100)
       UNION ALL (SELECT shard, subject_id, kind FROM outbox WHERE object_id IS NULL LIMIT 100)) AS again
     ORDER BY random()`,
  );
}

const index = fc.nat({ max: PEOPLE - 1 });
/** Everything else needs posts, follows and reads. */
const act = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom('post', 'follow', 'read', 'like' as const) },
  { weight: 6, arbitrary: fc.constantFrom(...acts) },
);
const deed = fc.record({ act, who: index, whom: index, which: fc.nat({ max: 30 }) }) as fc.Arbitrary<Deed>;
const history = fc.array(deed, { minLength: DEEDS, maxLength: DEEDS });
const run = fc.record({
  histories: fc.array(history, { minLength: SCENARIOS, maxLength: SCENARIOS }),
  trouble: fc.array(fc.constantFrom(...faults), { minLength: 4, maxLength: 4 }),
});

async function found(count: number): Promise<Scenario[]> {
  scenarios += count;
  const people = await crowd(stack, `group${scenarios}x`, count * PEOPLE);
  return Array.from(
    { length: count },
    (_, number) =>
      new Scenario(people.slice(number * PEOPLE, (number + 1) * PEOPLE), (owner) =>
        copyOf(stack, photo, owner),
      ),
  );
}

/** Each scenario goes through these deeds at its own pace; when half of all are done, the fault happens. */
async function playPart(
  played: readonly Scenario[],
  deeds: readonly Deed[][],
  trouble: Fault,
): Promise<void> {
  const all = deeds.reduce((sum, { length }) => sum + length, 0);
  let done = 0;
  let halfDone = (): void => undefined;
  const half = new Promise<void>((resolve) => (halfDone = resolve));
  const ends = played.map(async (scenario, number) => {
    for (const one of deeds[number] ?? []) {
      await scenario.do(one);
      if ((done += 1) === Math.ceil(all / 2)) halfDone();
    }
  });
  await Promise.race([half, Promise.all(ends)]);
  await comeBackOld();
  await fault(trouble);
  await Promise.all(ends);
}

async function play(histories: readonly Deed[][], trouble: readonly Fault[]): Promise<void> {
  const played = await found(histories.length);
  const each = Math.ceil(DEEDS / trouble.length);
  for (const [part, what] of trouble.entries()) {
    const deeds = histories.map((one) => one.slice(part * each, (part + 1) * each));
    await playPart(played, deeds, what);
  }
  await comeBackOld();
  await stack.folded(120_000);
  // From PostgreSQL or a feed that is rebuilt from it, and then from Redis alone.
  for (let reading = 1; reading <= 2; reading += 1)
    await inTurns([...played.entries()], 6, async ([number, scenario]) =>
      check(scenario, histories[number] ?? [], trouble),
    );
}

async function check(scenario: Scenario, history: readonly Deed[], trouble: readonly Fault[]): Promise<void> {
  try {
    await scenario.check();
  } catch (error) {
    console.error(
      `${trouble.join(', ')}: ${history.map((done) => Object.values(done).join(' ')).join('; ')}`,
    );
    throw error;
  }
}

const seconds = modelSeconds();

test(
  'random histories, faults among them, end as a small model says: feeds, counts, likes and what is unread',
  async () => {
    const seed = modelSeed();
    console.log(`the model: seed ${seed}`);
    const deadline = performance.now() + seconds * 1_000;
    const property = fc.asyncProperty(run, async ({ histories, trouble }) => {
      if (performance.now() < deadline) await play(histories, trouble);
    });
    await fc.assert(property, { seed, numRuns: 100, endOnFailure: true });
    console.log(`the model: ${scenarios} histories of ${DEEDS} deeds each`);
    expect(scenarios).toBeGreaterThanOrEqual(SCENARIOS);
  },
  (seconds + 240) * 1_000,
);
