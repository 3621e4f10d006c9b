import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { sniffFormat } from '@app/platform/photos';
import type { SyntheticStep } from '@app/platform';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { SyntheticCheck } from './synthetic-check.js';
import { tinyPhoto } from './tiny-photo.js';

/** An api that is broken in one place: test/visits.test.ts has the whole one. */
let server: Server;
let site: string;
let answers: Record<string, [status: number, body: object]>;
let heard: string[];
beforeAll(async () => {
  server = createServer((request, response) => {
    const call = `${request.method} ${request.url}`;
    heard.push(call);
    const [status, body] = answers[call] ?? [204, null];
    request.resume().on('end', () => response.writeHead(status).end(body && JSON.stringify(body)));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  site = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => server.close());
beforeEach(() => {
  heard = [];
  answers = { 'POST /v1/sessions': [201, { session: { accessToken: 'token' } }] };
});

/** The steps that were done, and why the check ended. */
async function run(): Promise<[steps: SyntheticStep[], why: string]> {
  const done: SyntheticStep[] = [];
  const check = new SyntheticCheck(site, { login: 'ada', password: 'secret' });
  const ended = await check
    .run(async (step, work) => {
      await work();
      done.push(step);
    })
    .then(
      () => 'all was well',
      (error: unknown) => (error as Error).message,
    );
  return [done, ended];
}

test('ends at the step that fails, says which call failed, and signs out', async () => {
  answers['POST /v1/photos'] = [503, {}];
  expect(await run()).toEqual([['sign_in'], 'POST /v1/photos answered 503']);
  expect(heard.at(-1)).toBe('DELETE /v1/sessions/current');
});

test('deletes the photo that could not become a post', async () => {
  answers['POST /v1/photos'] = [202, { id: '123456789012', state: 'processing', renditions: null }];
  answers['GET /v1/photos/123456789012'] = [200, { id: '123456789012', state: 'rejected', renditions: null }];
  expect(await run()).toEqual([['sign_in', 'upload'], 'the photo was rejected']);
  expect(heard.slice(-2)).toEqual(['DELETE /v1/photos/123456789012', 'DELETE /v1/sessions/current']);
});

test('says nothing of ids, and needs no cleaning up when it could not sign in', async () => {
  answers['POST /v1/sessions'] = [401, {}];
  expect(await run()).toEqual([[], 'POST /v1/sessions answered 401']);
  expect(heard).toHaveLength(1);
});

test('sends another photo each time: the same bytes would be the photo of before', () => {
  const [one, other] = [tinyPhoto(), tinyPhoto()];
  expect(sniffFormat(one)).toBe('image/png');
  expect(one.equals(other)).toBe(false);
});
