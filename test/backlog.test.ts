import { Redis } from 'ioredis';
import pg from 'pg';
import request from 'supertest';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { patient } from './harness/pace.js';
import { signUp, type Person } from './harness/people.js';
import { drawn } from './harness/pictures.js';
import { descendantsOf, freeze } from './harness/process-tree.js';
import { startStack, type Stack } from './harness/stack.js';

const PHOTOS = 60;
const soon = { timeout: patient(30_000) };
const often = { ...soon, interval: 10 };

let stack: Stack;
let ada: Person;
let redis: Redis;

beforeAll(async () => {
  stack = await startStack({ env: { DEVELOP_CONCURRENCY: '1' } });
  ada = await signUp(stack, 'ada');
  redis = new Redis(stack.redis.url);
});
afterAll(async () => {
  redis?.disconnect();
  await stack?.stop();
});

async function countOf(state: 'processing' | 'ready'): Promise<number> {
  const [row] = await stack.database.query<{ count: number }>(
    'SELECT count(*)::int AS count FROM photos WHERE state = $1',
    [state],
  );
  return row?.count ?? 0;
}

/** The number of jobs of the photo with the most jobs in the queue. */
async function jobsOfOne(): Promise<number> {
  const key = (name: string) => `{nw-jobs}:develop:${name}`;
  const lists = await Promise.all(['wait', 'active', 'paused'].map((name) => redis.lrange(key(name), 0, -1)));
  const sets = await Promise.all(['prioritized', 'delayed'].map((name) => redis.zrange(key(name), 0, -1)));
  const counts = new Map<string, number>();
  for (const id of [...lists, ...sets].flat()) {
    const data = await redis.hget(key(id), 'data');
    // A job that ended since it was listed has no data.
    if (data !== null) counts.set(data, (counts.get(data) ?? 0) + 1);
  }
  return Math.max(0, ...counts.values());
}

async function said(): Promise<string> {
  const answer = await request(new URL(stack.api.metricsUrl).origin).get('/health').expect(200);
  return (answer.body as { sentences: { text: string }[] }).sentences.map(({ text }) => text).join('\n');
}

test(
  'a worker that is killed amid many uploads leaves one job a photo, waiting photos that are not stuck, and all get ready',
  async () => {
    const { bytes, ...kind } = await drawn();
    const sending = Promise.all(
      Array.from({ length: PHOTOS }, (_, salt) =>
        ada.send({ ...kind, bytes: Buffer.concat([bytes, Buffer.from([salt])]) }),
      ),
    );
    await expect.poll(() => countOf('ready'), often).toBeGreaterThan(0);
    await stack.worker.kill();
    await sending;
    const before = await countOf('ready');
    const most = [await jobsOfOne()];
    await stack.database.query(
      `UPDATE photos SET created_at = now() - interval '15 minutes' WHERE state = 'processing'`,
    );
    await stack.worker.start();
    await expect.poll(() => countOf('ready'), often).toBeGreaterThan(before);

    const { thaw } = freeze(descendantsOf(stack.worker.pid));
    try {
      expect(await countOf('processing')).toBeGreaterThan(1);
      // Sweeps go on meanwhile, and find all of them overdue.
      await expect
        .poll(said, soon)
        .toMatch(
          /\d+ photos wait their turn, the oldest for 1[5-9][.\d]* min; \d+ were done in the last minute, so these take about \d/,
        );
      expect(await said()).not.toContain('stuck');
      most.push(await jobsOfOne());
    } finally {
      thaw();
    }
    const waiting = async () => {
      most.push(await jobsOfOne());
      return countOf('processing');
    };
    await expect.poll(waiting, { timeout: patient(60_000) }).toBe(0);
    expect(Math.max(...most)).toBeLessThanOrEqual(1);
    expect(await countOf('ready')).toBe(PHOTOS);
  },
  patient(180_000),
);

/** How many rows without a job the sweeper reports. */
async function swept(): Promise<number> {
  const { text } = await request(new URL(stack.worker.metricsUrl).origin).get('/metrics').expect(200);
  return Number(/^narwhal_swept_total\{kind="outbox"[^}]*\} (\d+)$/m.exec(text)?.[1] ?? 0);
}

const outbox = (kind: string, subject: string, rows: number) =>
  stack.database.query(
    `INSERT INTO outbox (shard, id, kind, subject_id, created_at)
     SELECT shard_of($2::bigint), next_id(shard_of($2::bigint)), $1, $2, now() - interval '1 minute'
     FROM generate_series(1, $3::int)`,
    [kind, subject, rows],
  );

async function rowsOf(kind: string): Promise<number> {
  const rows = await stack.database.query('SELECT 1 FROM outbox WHERE kind = $1', [kind]);
  return rows.length;
}

test('many likes of one post whose author is not told yet are one job, and none that the sweeper had to find', async () => {
  const post = await ada.post([await ada.upload(await drawn({ width: 320, height: 240, seed: 500 }))]);
  await stack.quiet();
  const before = await swept();
  const holder = new pg.Client({ connectionString: stack.database.operatorUrl });
  await holder.connect();
  try {
    await holder.query('BEGIN; LOCK TABLE notifications IN ACCESS EXCLUSIVE MODE');
    await outbox('notify.likes', post.id, 400);
    await expect.poll(swept, soon).toBeGreaterThan(before);
    // A later sweep finds it, and the worker processes it alongside them.
    await outbox('session.ended', ada.id, 1);
    await expect.poll(() => rowsOf('session.ended'), soon).toBe(0);
    expect(await rowsOf('notify.likes')).toBe(400);
    expect((await swept()) - before).toBeLessThanOrEqual(2);
  } finally {
    await holder.end();
  }
  await stack.quiet();
});
