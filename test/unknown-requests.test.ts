import request from 'supertest';
import { beforeAll, describe, expect, test } from 'vitest';
import { refused } from './harness/answers.js';
import { signUp, type Person } from './harness/people.js';
import { sharedStack } from './harness/shared-stack.js';
import type { Stack } from './harness/stack.js';

let stack: Stack;
let ada: Person;

beforeAll(async () => {
  stack = await sharedStack();
  ada = await signUp(stack, 'ada');
});

describe('whoever tries what does not exist', () => {
  test('is refused after a while, and told together; people at the same address are not', async () => {
    const api = await stack.guest({ RATE_LIMITS: 'on' });
    const token = ada.session.accessToken;
    // Well-formed, and signed by nobody.
    const forged = `${token.slice(0, -8)}AAAAAAAA`;
    const knock = (n: number) =>
      n % 2 === 0
        ? request(api.url).get(`/v1/nothing/${n}`)
        : request(api.url).get('/v1/feed').set('Authorization', `Bearer ${forged}`);
    const statuses: number[] = [];
    for (let n = 0; n < 400; n += 1) statuses.push((await knock(n)).status);
    expect(new Set(statuses.slice(0, 250))).toEqual(new Set([404, 401]));
    expect(new Set(statuses.slice(-50))).toEqual(new Set([429]));
    const refusal = refused(await knock(0), 429, 'rate_limited');
    expect(refusal.params).toEqual({ retryAfter: expect.any(Number) as number });
    await request(api.url).get('/v1/feed').set('Authorization', `Bearer ${token}`).expect(200);
    refused(await request(api.url).get('/v1/feed'), 401, 'token_missing');
    await request(api.url).get('/v1/instance').expect(200);
    const logged = () =>
      api
        .log()
        .split('\n')
        .filter((line) => line.startsWith('{'))
        .map((line) => JSON.parse(line) as { msg: string; status?: number; count?: number });
    const told = () =>
      logged()
        .filter(({ msg }) => msg.includes('were refused'))
        .reduce((sum, { count = 0 }) => sum + count, 0);
    await expect.poll(told).toBe(statuses.filter((status) => status === 429).length + 1);
    expect(logged().filter(({ status }) => status === 429)).toEqual([]);
  });
});
