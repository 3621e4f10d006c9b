import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import request from 'supertest';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { patient } from './harness/pace.js';
import { signUp, type Person } from './harness/people.js';
import { drawn } from './harness/pictures.js';
import { descendantsOf, freeze } from './harness/process-tree.js';
import { startStack, type Stack } from './harness/stack.js';

const PHOTOS = 40;

let stack: Stack;
let ada: Person;
let queue: Queue;
let redis: Redis;

beforeAll(async () => {
  stack = await startStack({ env: { DEVELOP_CONCURRENCY: '1' } });
  ada = await signUp(stack, 'ada');
  redis = new Redis(stack.redis.url, { maxRetriesPerRequest: null });
  queue = new Queue('develop', { connection: redis, prefix: '{nw-jobs}' });
});
afterAll(async () => {
  await queue?.close();
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

/** How many jobs the queue holds of the photo that has the most. */
async function jobsOfOnePhoto(): Promise<number> {
  const jobs = await queue.getJobs(['wait', 'active', 'prioritized', 'delayed']);
  const counts = new Map<string, number>();
  for (const { data } of jobs.filter(Boolean)) {
    const { photoId } = data as { photoId: string };
    counts.set(photoId, (counts.get(photoId) ?? 0) + 1);
  }
  return Math.max(0, ...counts.values());
}

async function said(): Promise<string> {
  const answer = await request(new URL(stack.api.metricsUrl).origin).get('/health').expect(200);
  return (answer.body as { sentences: { text: string }[] }).sentences.map(({ text }) => text).join('\n');
}

const soon = { timeout: patient(30_000) };

test('a worker that is killed amid many uploads leaves one job a photo, waiting photos that are not stuck, and all get ready', async () => {
  const pictures = await Promise.all(
    Array.from({ length: PHOTOS }, (_, seed) => drawn({ width: 64, height: 64, seed: 400 + seed })),
  );
  const sending = Promise.all(pictures.map((picture) => ada.send(picture)));
  await expect.poll(() => countOf('ready'), { ...soon, interval: 10 }).toBeGreaterThan(0);
  await stack.worker.kill();
  await sending;
  const before = await countOf('ready');
  await stack.database.query(
    `UPDATE photos SET created_at = now() - interval '15 minutes' WHERE state = 'processing'`,
  );
  await stack.worker.start();
  await expect.poll(() => countOf('ready'), { ...soon, interval: 10 }).toBeGreaterThan(before);

  const { thaw } = freeze(descendantsOf(stack.worker.pid));
  try {
    expect(await countOf('processing')).toBeGreaterThan(1);
    // Sweeps go on meanwhile, and find them all overdue.
    await expect.poll(said, soon).toMatch(/photos wait their turn, the oldest for 15 min; \d+ were done/);
    expect(await said()).not.toContain('stuck');
    expect(await jobsOfOnePhoto()).toBeLessThanOrEqual(1);
  } finally {
    thaw();
  }
  const most: number[] = [];
  const left = async () => {
    most.push(await jobsOfOnePhoto());
    return countOf('processing');
  };
  await expect.poll(left, { timeout: patient(60_000) }).toBe(0);
  expect(Math.max(...most)).toBeLessThanOrEqual(1);
  expect(await countOf('ready')).toBe(PHOTOS);
});
