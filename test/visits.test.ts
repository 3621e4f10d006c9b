import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import request from 'supertest';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { root } from '../tools/dev/install.mjs';
import { bareEnvironment } from './harness/env.js';
import { PASSWORD, signUp, type Person } from './harness/people.js';
import { startStack, type Stack } from './harness/stack.js';
import { patient } from './harness/pace.js';

const NAME = 'narwhal.visitor';
const patience = { timeout: patient(40_000), interval: 100 };

let stack: Stack;
let ada: Person;

beforeAll(async () => {
  stack = await startStack({ env: { VISIT_LOGIN: NAME, VISIT_PASSWORD: PASSWORD, VISIT_EVERY: '1' } });
  ada = await signUp(stack, 'ada');
});
afterAll(() => stack.stop());

function admin(...args: string[]): string {
  const program = join(root, 'dist', 'apps', 'cli', 'src', 'main.js');
  const env = {
    ...bareEnvironment(),
    DATABASE_URL: stack.database.operatorUrl,
    REDIS_URL: stack.redis.url,
  };
  const { stdout, stderr, status } = spawnSync(process.execPath, [program, 'admin', ...args], {
    encoding: 'utf8',
    env,
  });
  if (status !== 0) throw new Error(`admin ${args.join(' ')} ended with ${status}: ${stderr}`);
  return stdout;
}

const text = async (url: string): Promise<string> => (await request(url).get('')).text;

/** The operations of the last visit, each 1 or 0. */
async function visit(): Promise<Record<string, string>> {
  const told = await text(stack.worker.metricsUrl);
  return Object.fromEntries(
    [...told.matchAll(/^narwhal_visit_ok\{step="(\w+)"\} (\d)$/gm)].map(([, step = '', ok = '']) => [
      step,
      ok,
    ]),
  );
}

const visits = async (): Promise<number> =>
  Number(
    /^narwhal_visit_seconds_count\{step="clean_up"\} (\d+)$/m.exec(
      await text(stack.worker.metricsUrl),
    )?.[1] ?? 0,
  );

interface Health {
  sentences: { level: string; text: string; runbook?: string }[];
  processes: { kind: string; visit?: { failed: string | null; since: string } }[];
}

async function health(): Promise<Health> {
  const { body } = await request(new URL(stack.worker.metricsUrl).origin).get('/health');
  return body as Health;
}

const served = {
  account: '1',
  sign_in: '1',
  upload: '1',
  develop: '1',
  post: '1',
  feed: '1',
  media: '1',
  clean_up: '1',
};

test('an account that is not marked is not visited with, and the operator is told how to', async () => {
  await expect.poll(visit, patience).toEqual({ account: '0' });
  await signUp(stack, NAME);
  await expect
    .poll(async () => (await health()).sentences.map((sentence) => sentence.text).join(), patience)
    .toContain(`npm run admin -- synthetic ${NAME}`);
});

test('a marked one signs in, uploads, posts, finds it in the feed, loads it and takes it away again', async () => {
  expect(admin('synthetic', NAME)).toContain('counted nowhere');
  await expect.poll(visit, patience).toEqual(served);
  await expect.poll(visits, patience).toBeGreaterThan(3);
});

test('leaves nothing behind, and is in no figure of the product', async () => {
  // At most the current one of at least four visits.
  const [left] = await stack.database.query<{ posts: number; sessions: number }>(
    `SELECT (SELECT count(*)::int FROM posts) AS posts,
       (SELECT count(*)::int FROM sessions WHERE ended_at IS NULL AND user_id <> $1) AS sessions`,
    [ada.id],
  );
  expect(left?.posts).toBeLessThanOrEqual(1);
  expect(left?.sessions).toBeLessThanOrEqual(1);
  for (const { metricsUrl } of [stack.api, stack.worker]) {
    const told = await text(metricsUrl);
    expect(told).not.toMatch(/^narwhal_(photos_uploaded_total|posts_published_total) [1-9]/m);
    expect(told).not.toMatch(/^narwhal_feed_reads_total\{/m);
  }
});

test('is met by nobody: not in search, explore or suggestions', async () => {
  for (const path of [`/v1/search?q=${NAME}`, '/v1/search?q=narwhal', '/v1/explore', '/v1/suggestions'])
    expect((await ada.request('get', path).expect(200)).text).not.toContain('visitor');
});

test('says what is broken and since when, until it is served again', async () => {
  await stack.api.kill();
  await expect.poll(visit, patience).toEqual({ account: '1', sign_in: '0' });
  await expect
    .poll(async () => (await health()).sentences, patience)
    .toContainEqual({
      level: 'critical',
      text: expect.stringMatching(
        /^The synthetic check has failed since \d\d:\d\d UTC: it cannot sign in \(POST \/v1\/sessions: nothing listens at its address\)\.$/,
      ) as string,
      runbook: 'docs/runbooks/VisitFails.md',
    });
  await stack.api.start();
  await expect.poll(visit, patience).toEqual(served);
  const heard = async () => {
    const { body } = await request(new URL(stack.api.metricsUrl).origin).get('/health');
    return (body as Health).processes.find(({ kind }) => kind === 'worker')?.visit;
  };
  await expect.poll(heard, patience).toMatchObject({ failed: null });
});
