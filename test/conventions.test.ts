import { gzipSync } from 'node:zlib';
import request from 'supertest';
import { beforeAll, describe, expect, test } from 'vitest';
import { faults, refused } from './harness/answers.js';
import type { ProblemBody } from './harness/contract.js';
import { signUp, type Person } from './harness/people.js';
import { sharedStack } from './harness/shared-stack.js';
import type { Stack } from './harness/stack.js';

let stack: Stack;
let ada: Person;

beforeAll(async () => {
  stack = await sharedStack();
  ada = await signUp(stack, 'ada');
});

const client = () => request(stack.url);

describe('an address', () => {
  test.each(['/', '/v1', '/v1/nothing', '/v2/feed', '/admin/health', '/admin', '/v1/feed/1/2'])(
    'that is none, %s, is 404',
    async (path) => {
      refused(await client().get(path), 404, 'not_found');
      refused(await ada.request('get', path), 404, 'not_found');
      refused(await client().post(path).send({}), 404, 'not_found');
    },
  );

  test.each(['/v1/users/%zz', '/v1/%ff', '/%c0%ae'])('that cannot be read, %s, is 400', async (path) => {
    refused(await client().get(path), 400, 'request_invalid');
  });

  test('that answers other methods names them', async () => {
    for (const [method, path, allow] of [
      ['delete', '/v1/feed', 'GET, HEAD, OPTIONS'],
      ['put', '/v1/users', 'OPTIONS, POST'],
      ['put', '/v1/me', 'DELETE, GET, HEAD, OPTIONS, PATCH'],
      ['post', '/v1/posts/1/like', 'DELETE, OPTIONS, PUT'],
    ] as const) {
      const response = await client()[method](path);
      refused(response, 405, 'method_not_allowed');
      expect(response.headers['allow']).toBe(allow);
    }
  });
});

describe('HEAD', () => {
  test('answers as GET does, without a body', async () => {
    for (const path of ['/v1/me', '/v1/feed', '/v1/sessions', `/v1/users/${ada.id}`, '/v1/instance']) {
      const [got, head] = [await ada.request('get', path), await headOf(path)];
      expect(head.status).toBe(200);
      expect(head.text ?? '').toBe('');
      expect(head.headers['etag']).toBe(got.headers['etag']);
      expect(head.headers['content-type']).toBe(got.headers['content-type']);
    }
    await client().head('/v1/me').expect(401);
    await client().head('/v1/nothing').expect(404);
  });

  function headOf(path: string) {
    return client().head(path).set('Authorization', `Bearer ${ada.session.accessToken}`);
  }
});

describe('a page of another origin', () => {
  test('may ask for everything of the contract, and read it', async () => {
    const asked = [
      'Authorization',
      'Idempotency-Key',
      'Prefer',
      'If-None-Match',
      'Tus-Resumable',
      'Upload-Offset',
    ];
    const response = await client()
      .options('/v1/posts')
      .set('Origin', 'https://app.example')
      .set('Access-Control-Request-Method', 'POST')
      .set('Access-Control-Request-Headers', asked.join(', '))
      .expect(204);
    const list = (name: string) => String(response.headers[name]).toLowerCase().split(/, ?/);
    expect(response.headers['access-control-allow-origin']).toBe('*');
    expect(response.headers).not.toHaveProperty('access-control-allow-credentials');
    expect(list('access-control-allow-headers')).toEqual(
      expect.arrayContaining(asked.map((name) => name.toLowerCase())),
    );
    expect(list('access-control-allow-methods')).toEqual(
      expect.arrayContaining(['get', 'head', 'post', 'put', 'patch', 'delete']),
    );
    const answer = await client().get('/v1/instance').set('Origin', 'https://app.example');
    expect(answer.headers['access-control-expose-headers']).toMatch(/ETag.*Link.*Location.*X-Request-Id/);
  });

  test('does not read the metrics of the machine that it is looked at on', async () => {
    const response = await request(stack.url)
      .get('/metrics')
      .set('Origin', 'https://evil.example')
      .expect(200);
    expect(response.text).toContain('narwhal_');
    expect(response.headers).not.toHaveProperty('access-control-allow-origin');
  });

  test('is let in alone when origins are named', async () => {
    const strict = await stack.guest({ CORS_ORIGINS: 'https://app.example' });
    const from = (origin: string, path = '/v1/instance') =>
      request(strict.url).get(path).set('Origin', origin);
    const origin = async (test: ReturnType<typeof from>) =>
      (await test).headers['access-control-allow-origin'];
    expect(await origin(from('https://app.example'))).toBe('https://app.example');
    expect(await origin(from('https://evil.example'))).not.toBe('https://evil.example');
    expect(await origin(from('https://app.example', '/v1/%zz'))).toBe('https://app.example');
    expect(await origin(from('https://evil.example', '/v1/%zz'))).toBeUndefined();
  });

  test('is answered also where OPTIONS asks nothing', async () => {
    await client().options('/v1/feed').expect(204);
  });
});

describe('a body', () => {
  const sent = (method: 'put' | 'post', path: string, type: string, body: string) =>
    ada.request(method, path).set('Content-Type', type).serialize(String).send(body);

  test('that is empty is none, whatever kind it is said to be', async () => {
    for (const type of ['application/json', 'application/x-www-form-urlencoded', 'text/plain'])
      refused(await sent('put', '/v1/posts/1/like', type, ''), 404, 'not_found');
    expect(faults(await sent('post', '/v1/me/collections', 'text/plain', ''))).toEqual(['/name required']);
  });

  test('is JSON in UTF-8, as it is: not compressed, and in no other character set', async () => {
    const send = async (body: string | Buffer, headers: Record<string, string> = {}) => {
      const answer = await fetch(`${stack.url}/v1/me`, {
        method: 'PATCH',
        headers: {
          authorization: `Bearer ${ada.session.accessToken}`,
          'content-type': 'application/json',
          ...headers,
        },
        body: new Uint8Array(Buffer.from(body)),
      });
      return { status: answer.status, headers: answer.headers, body: (await answer.json()) as ProblemBody };
    };
    const bio = '{"bio":"Été"}';
    const latin = await send(Buffer.from(bio, 'latin1'));
    expect(latin).toMatchObject({ status: 400, body: { code: 'request_invalid' } });
    expect(latin.body.detail).toContain('not UTF-8');
    for (const charset of ['iso-8859-1', '"UTF-16"', 'us-ascii']) {
      const received = `application/json; charset=${charset}`;
      const answer = await send(bio, { 'content-type': received });
      expect(answer).toMatchObject({
        status: 415,
        body: { code: 'unsupported_media_type', params: { received } },
      });
    }
    for (const type of [
      'application/json;charset=UTF-8',
      'application/json; charset="utf-8"',
      'Application/JSON',
    ])
      expect(await send(bio, { 'content-type': type })).toMatchObject({ status: 200, body: { bio: 'Été' } });
    expect((await send(`\ufeff${bio}`)).status).toBe(200);
    const zipped = await send(gzipSync(bio), { 'content-encoding': 'gzip' });
    expect(zipped).toMatchObject({ status: 415, body: { params: { received: 'gzip' } } });
    expect(zipped.headers.get('accept-encoding')).toBe('identity');
    expect((await send(bio, { 'content-encoding': 'identity' })).status).toBe(200);
    const untyped = await send(bio, { 'content-type': '' });
    expect(untyped).toMatchObject({ status: 415, body: { code: 'unsupported_media_type' } });
    for (const empty of ['', ' \n', 'null'])
      expect(await send(empty)).toMatchObject({ status: 400, body: { code: 'request_invalid' } });
    expect((await send('{}')).status).toBe(200);
  });

  test('of the wrong kind is told which is right', async () => {
    for (const [path, expected] of [
      ['/v1/me/collections', 'application/json'],
      ['/v1/photos', 'multipart/form-data'],
    ] as const) {
      const { params } = refused(await sent('post', path, 'image/jpeg', 'x'), 415, 'unsupported_media_type');
      expect(params).toEqual({ expected, received: 'image/jpeg' });
    }
  });

  test('beyond its limits is told them, and by how much', async () => {
    const numbers = async (method: 'get' | 'post', path: string, body?: object) =>
      (refused(await ada.request(method, path, body), 422, 'validation_failed').errors ?? [])[0]?.params;
    expect(await numbers('get', '/v1/feed?limit=51')).toEqual({ limit: 50, actual: 51 });
    expect(await numbers('post', '/v1/posts', { photoIds: [] })).toEqual({ limit: 1, actual: 0 });
    expect(await numbers('post', '/v1/users', { username: 'a'.repeat(31) })).toEqual({
      limit: 30,
      actual: 31,
    });
  });
});

describe('a request’s id', () => {
  test('is the client’s own where it sent one, and is in the log', async () => {
    const response = await client().get('/v1/me').set('X-Request-Id', 'phone-42-request-7');
    expect(refused(response, 401, 'token_missing').requestId).toBe('phone-42-request-7');
    await expect.poll(() => stack.api.log()).toContain('"requestId":"phone-42-request-7"');
  });

  test('is made anew in place of one that is no id', async () => {
    for (const given of ['x', 'a b', 'é'.repeat(10), 'x'.repeat(200)]) {
      const response = await client().get('/health/live').set('X-Request-Id', given);
      expect(response.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
    }
  });
});

describe('the log', () => {
  test('holds no tokens, addresses, bodies or queries', async () => {
    const secret = 'a-secret-that-nobody-logs';
    await client().get(`/v1/feed?cursor=${secret}`).set('Authorization', `Bearer ${secret}`);
    await client()
      .post('/v1/sessions')
      .send({ login: `${secret}@example.org`, password: secret });
    await client().get('/v1/me').set('X-Request-Id', 'the-last-of-these');
    await expect.poll(() => stack.api.log()).toContain('the-last-of-these');
    for (const text of [secret, ada.session.accessToken, 'ada@example.org'])
      expect(stack.api.log()).not.toContain(text);
  });
});
