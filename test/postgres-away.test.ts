import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { Agent } from 'node:http';
import request, { type Response } from 'supertest';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { refused } from './harness/answers.js';
import { cable } from './harness/cable.js';
import { signUp, type Person } from './harness/people.js';
import { drawn } from './harness/pictures.js';
import { startStack, type Stack } from './harness/stack.js';

let stack: Stack;
let ada: Person;
let fans: Person[];
let post: { id: string };

beforeAll(async () => {
  stack = await startStack();
  ada = await signUp(stack, 'ada');
  fans = await Promise.all(['grace', 'joan', 'mary'].map((name) => signUp(stack, name)));
  post = await ada.post([await ada.upload(await drawn())]);
  await stack.quiet();
});
afterAll(() => stack.stop());

/** Ends every connection of the applications to PostgreSQL, whatever is in progress on it. */
const endConnections = () =>
  stack.database.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
     WHERE datname = current_database() AND application_name LIKE 'narwhal-%'`,
  );

function expectAwayOrDone(answer: Response): void {
  if (answer.status < 300) return;
  refused(answer, 503, 'unavailable');
  expect(answer.headers['retry-after']).toMatch(/^\d+$/);
}

test('connections that end in the middle of transactions are told as 503, and none as an error of ours', async () => {
  const acts = fans.flatMap((fan) => [
    () => fan.request('post', `/v1/posts/${post.id}/comments`, { text: 'Fog' }),
    () => fan.request('put', `/v1/posts/${post.id}/like`),
    () => fan.request('put', `/v1/users/${ada.id}/follow`),
    () => fan.request('delete', `/v1/users/${ada.id}/follow`),
    () => fan.request('put', `/v1/posts/${post.id}/save`),
  ]);
  let made = 0;
  for (let round = 0; round < 15; round += 1) {
    const answers = acts.map(async (act) => act());
    await endConnections();
    for (const answer of await Promise.all(answers)) {
      expectAwayOrDone(answer);
      if (answer.status === 201) made += 1;
    }
  }
  expect(stack.api.log()).not.toContain('a request failed unforeseen');
  await stack.quiet();
  const { items } = (await ada.request('get', `/v1/posts/${post.id}/comments?limit=50`)).body as {
    items: unknown[];
  };
  expect(items.length, 'what was acknowledged is there').toBeGreaterThanOrEqual(made);
});

test('a PostgreSQL that takes what it is sent and says nothing is told as 503, until it speaks again', async () => {
  const way = await cable(stack.database.url);
  const api = await stack.guest({ DATABASE_URL: way.url });
  const asked = (method: 'get' | 'put', path: string) =>
    request(api.url)[method](path).set('Authorization', `Bearer ${ada.session.accessToken}`);
  way.slow(3_600_000);
  const answers = await Promise.all([
    asked('get', `/v1/posts/${post.id}`),
    asked('put', `/v1/posts/${post.id}/save`),
    asked('put', `/v1/users/${fans[0]?.id}/follow`),
  ]);
  for (const answer of answers) refused(answer, 503, 'unavailable');
  way.slow(0);
  await expect.poll(async () => (await asked('get', `/v1/posts/${post.id}`)).status).toBe(200);
  expect(api.log()).not.toContain('a request failed unforeseen');
  await api.stop();
  await way.close();
});

test('an api that may open no more files tells so by 503, and goes on when it may', async () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const save = () =>
    request(stack.url)
      .put(`/v1/posts/${post.id}/save`)
      .agent(agent)
      .set('Authorization', `Bearer ${ada.session.accessToken}`);
  const limit = (soft: string) =>
    execFileSync('prlimit', ['--pid', String(stack.api.pid), `--nofile=${soft}:`]);
  await save().expect(200);
  const open = Math.max(...readdirSync(`/proc/${stack.api.pid}/fd`).map(Number));
  limit(String(open));
  // Closed connections free slots below the limit: takes some again, until there is none.
  await endConnections();
  limit('8');
  refused(await save(), 503, 'unavailable');
  limit('1024');
  await expect.poll(async () => (await save()).status).toBe(200);
  expect(stack.api.log()).not.toContain('a request failed unforeseen');
  agent.destroy();
});
