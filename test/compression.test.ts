import { get, request as send, type IncomingHttpHeaders } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Page, Post } from './harness/contract.js';
import { signUp, type Person } from './harness/people.js';
import { drawn } from './harness/pictures.js';
import { sharedStack } from './harness/shared-stack.js';
import type { Stack } from './harness/stack.js';

interface Raw {
  status: number;
  headers: IncomingHttpHeaders;
  bytes: Buffer;
}

let stack: Stack;
let ada: Person;
let posts: string;

/** A response as it comes over the wire: clients of the other tests ask for gzip and undo it. */
function raw(path: string, headers: Record<string, string> = {}, method = 'GET', body = ''): Promise<Raw> {
  const sent = { authorization: `Bearer ${ada.session.accessToken}`, ...headers };
  return new Promise((settle, fail) => {
    const request = send(`${stack.url}${path}`, { method, headers: sent }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () =>
        settle({
          status: response.statusCode ?? 0,
          headers: response.headers,
          bytes: Buffer.concat(chunks),
        }),
      );
    });
    request.on('error', fail).end(body);
  });
}

const gzip = { 'accept-encoding': 'gzip, deflate, br' };

beforeAll(async () => {
  stack = await sharedStack();
  ada = await signUp(stack, 'ada');
  for (let seed = 6_400; seed < 6_403; seed += 1)
    await ada.post([await ada.upload(await drawn({ width: 64, height: 64, seed }))]);
  await stack.quiet();
  posts = `/v1/users/${ada.id}/posts`;
});

describe('JSON over 1 kB', () => {
  test.each(['/v1/feed', 'posts', '/v1/instance'])('of %s is the same compressed and not', async (name) => {
    const path = name === 'posts' ? posts : name;
    const [plain, zipped] = await Promise.all([raw(path), raw(path, gzip)]);
    expect(plain.headers).not.toHaveProperty('content-encoding');
    expect(zipped.headers['content-encoding']).toBe('gzip');
    expect(gunzipSync(zipped.bytes)).toEqual(plain.bytes);
    expect(Number(zipped.headers['content-length'])).toBe(zipped.bytes.length);
    expect(zipped.bytes.length).toBeLessThan(plain.bytes.length / 2);
    expect(zipped.headers['etag']).toBe(plain.headers['etag']);
    expect(zipped.headers['link']).toBe(plain.headers['link']);
    for (const { headers } of [plain, zipped]) expect(headers['vary']).toContain('Accept-Encoding');
  });

  test('stays plain for clients that do not take gzip', async () => {
    for (const accepted of ['gzip;q=0', 'identity', 'br'])
      expect((await raw('/v1/feed', { 'accept-encoding': accepted })).headers).not.toHaveProperty(
        'content-encoding',
      );
  });

  test('is 304 under one ETag, whichever way it was and is asked for', async () => {
    for (const path of ['/v1/feed', '/openapi.json'])
      for (const [first, then] of [
        [{}, {}],
        [{}, gzip],
        [gzip, {}],
        [gzip, gzip],
      ]) {
        const { headers } = await raw(path, first);
        expect(headers['etag']).toMatch(/^W\//);
        const again = await raw(path, { ...then, 'if-none-match': String(headers['etag']) });
        expect(again).toMatchObject({
          status: 304,
          headers: { etag: headers['etag'] },
          bytes: Buffer.alloc(0),
        });
        expect(again.headers['vary']).toContain('Accept-Encoding');
        expect(again.headers).not.toHaveProperty('content-encoding');
      }
  });

  test('has the same headers to HEAD as to GET', async () => {
    for (const headers of [{}, gzip]) {
      const [got, head] = await Promise.all([raw(posts, headers), raw(posts, headers, 'HEAD')]);
      for (const name of ['content-encoding', 'content-length', 'content-type', 'vary', 'link'])
        expect([name, head.headers[name]]).toEqual([name, got.headers[name]]);
      expect(head.bytes).toHaveLength(0);
    }
  });
});

test('what is short, secret, a picture or a stream is not compressed', async () => {
  const short = await raw('/v1/notifications/unread', gzip);
  const body = JSON.stringify({ login: 'ada', password: 'wrong', ['x'.repeat(2_000)]: 1 });
  const secret = await raw('/v1/sessions', { ...gzip, 'content-type': 'application/json' }, 'POST', body);
  expect(secret.bytes.length).toBeGreaterThan(1_024);
  const page = JSON.parse((await raw(posts)).bytes.toString()) as Page<Post>;
  const picture = new URL(String(page.items[0]?.photos[0]?.renditions?.w320.url));
  const media = await raw(`${picture.pathname}${picture.search}`, gzip);
  expect(media.status).toBe(200);
  for (const { headers } of [short, secret, media]) expect(headers).not.toHaveProperty('content-encoding');

  const streamed = await new Promise<IncomingHttpHeaders>((settle, fail) => {
    const authorization = `Bearer ${ada.session.accessToken}`;
    const request = get(`${stack.url}/v1/stream`, { headers: { ...gzip, authorization } }, (response) => {
      settle(response.headers);
      request.destroy();
    });
    request.on('error', fail);
  });
  expect(streamed).not.toHaveProperty('content-encoding');
});
