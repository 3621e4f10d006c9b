import { randomBytes } from 'node:crypto';
import request from 'supertest';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { admin as adminCommand } from './harness/admin-command.js';
import { refused } from './harness/answers.js';
import { PASSWORD, signUp, type Person } from './harness/people.js';
import { drawn } from './harness/pictures.js';
import { startStack, type Stack } from './harness/stack.js';
import { partEnd, partHead, uploadHead, Wire } from './harness/wire.js';
import { patient } from './harness/pace.js';

let stack: Stack;
let ada: Person;

beforeAll(async () => {
  stack = await startStack();
  ada = await signUp(stack, 'ada');
});
afterAll(() => stack.stop());

const client = () => request(stack.url);

const admin = (...words: string[]): Promise<string> => adminCommand(stack, ...words);

describe('health', () => {
  test('says without a token that the process lives and is ready', async () => {
    expect((await client().get('/health/live').expect(200)).body).toEqual({ ok: true });
    const ready = () => client().get('/health/ready').expect(200);
    // On a busy machine a part may be slow for a while.
    await expect
      .poll(async () => (await ready()).body as object, { timeout: patient(30_000) })
      .toMatchObject({
        ok: true,
        status: 'ready',
        parts: { database: { state: 'ok' }, redis: { state: 'ok' }, objects: { state: 'ok' } },
      });
    const response = await ready();
    expect(response.headers['cache-control']).toBe('no-store');
    await client().head('/health/live').expect(200);
    const worker = new URL(stack.worker.metricsUrl).origin;
    await request(worker).get('/health/ready').expect(200);
    await request(worker).get('/health/live').expect(200);
  });

  test('is degraded, not down, while Redis is away for everybody', async () => {
    await stack.redis.stop();
    const status = async () =>
      ((await client().get('/health/ready').expect(200)).body as { status: string }).status;
    await expect.poll(status).toBe('degraded');
    await client().get('/health/live').expect(200);
    await stack.redis.start();
    await expect.poll(status, { timeout: patient(5_000) }).toBe('ready');
  });
});

describe('the instance', () => {
  test('tells clients its limits, and 304 when they know them', async () => {
    const { headers, body } = await client().get('/v1/instance').expect(200);
    expect(body).toMatchObject({
      name: 'Narwhal',
      version: expect.stringMatching(/^\d+\.\d+\.\d+/) as string,
      features: expect.any(Array) as string[],
      registrations: 'open',
      limits: {
        photo: { bytes: 52_428_800, altText: 1_000, formats: expect.arrayContaining(['image/jpeg']) as [] },
        post: { photos: 10, caption: 2_200 },
      },
    });
    await client().get('/v1/instance').set('If-None-Match', String(headers['etag'])).expect(304);
  });

  test('that takes no new accounts says so', async () => {
    const closed = await stack.guest({ REGISTRATIONS: 'closed' });
    const { body } = await request(closed.url).get('/v1/instance');
    expect(body).toMatchObject({ registrations: 'closed' });
    const fields = { username: 'mary', email: 'mary@example.org', password: 'a long enough password' };
    refused(await request(closed.url).post('/v1/users').send(fields), 403, 'registrations_closed');
  });
});

describe('metrics', () => {
  test('are on a listener of their own, of the api and of the worker', async () => {
    for (const { metricsUrl } of [stack.api, stack.worker]) {
      const response = await request(metricsUrl).get('').expect(200);
      expect(response.headers['content-type']).toMatch(/^text\/plain/);
      expect(response.text).toContain('process_resident_memory_bytes');
    }
    const { text } = await request(stack.api.metricsUrl).get('');
    expect(text).toMatch(
      /narwhal_http_request_seconds_count\{route="\/v1\/users",method="POST",status="201"/,
    );
  });

  test('gain no series by random paths, methods, agents and ids, however many come', async () => {
    const random = () => randomBytes(6).toString('hex');
    const id = () => String(randomBytes(6).readUIntBE(0, 6) + 1e12);
    const attack = async () => {
      const paths = () => [
        `/${random()}`,
        `/v1/${random()}/${id()}`,
        `/v1/posts/${id()}`,
        `/v1/users/${random()}`,
      ];
      for (const method of ['get', 'post', 'put', 'patch', 'delete', 'purge', 'link'] as const)
        for (const path of paths())
          await client()
            [method](`${path}?${random()}=${random()}`)
            .set({ 'User-Agent': random(), 'X-Request-Id': random(), Referer: `https://${random()}.example` })
            .ok(() => true);
    };
    const series = async () => {
      const { text } = await request(stack.api.metricsUrl).get('');
      const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
      return new Set(lines.map((line) => line.replace(/ \S+$/, '')));
    };
    // The first is like any other: it creates the series for unknown routes, and each later one reuses them.
    await attack();
    const before = await series();
    await attack();
    await attack();
    expect([...(await series())].filter((one) => !before.has(one))).toEqual([]);
    expect([...before].join('\n')).toContain('route="none"');
  });

  test('are on the public port for a neighbour alone, not for whom a proxy speaks', async () => {
    await client()
      .get('/metrics')
      .expect(200)
      .expect('content-type', /^text\/plain/);
    for (const header of ['Forwarded', 'X-Forwarded-For', 'Via'])
      refused(await client().get('/metrics').set(header, '127.0.0.1'), 404, 'not_found');
  });
});

describe('the log', () => {
  const level = () => request(new URL(stack.api.metricsUrl).origin);
  const lines = () =>
    stack.api
      .log()
      .split('\n')
      .filter((line) => line.includes('"msg":"request"'));

  test('has one line of JSON a request, with who, what and how long, and says no more than that', async () => {
    const { headers } = await ada.request('get', '/v1/feed?limit=3').expect(200);
    // Log lines of earlier requests may be written after this one's response.
    const own = () => lines().filter((line) => line.includes(headers['x-request-id'] as string));
    await expect.poll(own).toHaveLength(1);
    expect(JSON.parse(own()[0] ?? '{}')).toEqual({
      level: 'info',
      time: expect.any(String) as string,
      name: 'narwhal-api',
      pid: stack.api.pid,
      requestId: headers['x-request-id'],
      method: 'GET',
      path: '/v1/feed',
      route: '/v1/feed',
      status: 200,
      milliseconds: expect.any(Number) as number,
      userId: ada.id,
      ip: '127.0.0.1',
      msg: 'request',
    });
  });

  test('says less or more while it runs', async () => {
    const token = await admin('operator-token');
    const set = (query: string, bearer = token) =>
      level().put(`/log-level?${query}`).set('Authorization', `Bearer ${bearer}`);
    const { text } = await level().put('/log-level?level=warn').expect(401);
    expect(text).toContain('operator-token');
    await set('level=warn', ada.session.accessToken).expect(401);
    await level().post('/metrics').expect(401);
    expect((await level().get('/log-level').expect(200)).body).toEqual({ level: 'info' });
    await set('level=loud').expect(400);
    expect((await set('level=warn').expect(200)).body).toEqual({ level: 'warn' });
    const quiet = await client().get('/v1/instance').expect(200);
    await set('level=info').expect(200);
    const told = await client().get('/v1/nothing').expect(404);
    const log = () => lines().join('');
    await expect.poll(log).toContain(told.headers['x-request-id']);
    expect(log()).not.toContain(quiet.headers['x-request-id']);
  });
});

describe('what is for admins', () => {
  test('is not there for anybody else', async () => {
    for (const path of ['/admin', '/admin/health', '/admin/users/1']) {
      refused(await client().get(path), 404, 'not_found');
      refused(await ada.request('get', path), 404, 'not_found');
    }
  });

  test('opens for an admin at once, and for nobody of whom only Redis says so', async () => {
    const health = () => ada.request('get', '/admin/health');
    const redis = stack.redis.client();
    const [cached = ''] = await redis.keys(`*:session:${ada.session.id}`);
    expect(await redis.get(cached)).toBe('living');
    await redis.set(cached, 'admin');
    refused(await health(), 404, 'not_found');
    await admin('grant', 'ada');
    await health().expect(200);
    await stack.database.query(`UPDATE users SET role = 'person' WHERE id = $1`, [ada.id]);
    refused(await health(), 404, 'not_found');
  });

  test('closes at once for whom `revoke` signed out, as credentials do, without a worker, and whatever Redis says', async () => {
    const grace = await signUp(stack, 'grace');
    await admin('grant', 'grace');
    await grace.request('get', '/admin/health').expect(200);
    await stack.worker.kill('SIGKILL');
    await admin('revoke', 'grace');
    const redis = stack.redis.client();
    const [cached = ''] = await redis.keys(`*:session:${grace.session.id}`);
    expect(await redis.get(cached)).toBe('ended');
    refused(await grace.request('get', '/v1/me'), 401, 'session_ended');
    // As if the command had not reached Redis.
    await redis.set(cached, 'living');
    refused(await grace.request('get', '/admin/health'), 401, 'session_ended');
    const change = { current: PASSWORD, next: 'another one of hers' };
    refused(await grace.request('put', '/v1/me/password').send(change), 401, 'session_ended');
    refused(await grace.request('delete', '/v1/me').send({ password: PASSWORD }), 401, 'session_ended');
    await stack.worker.start();
  });

  const link = async (): Promise<URL> => new URL(await admin('health-link'));
  const page = (url: URL) => client().get(`${url.pathname}${url.search}`).set('Accept', 'text/html');

  test('opens in a browser by a link that an operator makes', async () => {
    const url = await link();
    expect(url.origin).toBe(stack.url);
    const { text, headers } = await page(url).expect(200);
    expect(headers['content-type']).toBe('text/html; charset=utf-8');
    expect([headers['cache-control'], headers['referrer-policy']]).toEqual(['no-store', 'no-referrer']);
    expect(text).toContain('<h1>Narwhal is ready</h1>');
  });

  test('shows the runbooks that it links to', async () => {
    await stack.redis.stop();
    const url = await link();
    const told = async () => (await page(url).expect(200)).text;
    await expect.poll(told).toContain('<a href="#StoreIsAway">');
    expect(await told()).toMatch(
      /<h2 id="StoreIsAway">StoreIsAway<\/h2><pre><strong>What it means<\/strong>/,
    );
    await stack.redis.start();
    await expect.poll(async () => (await client().get('/health/ready')).text).toContain('"status":"ready"');
  });

  test('is not there for a link that was altered, is old, or is for something else', async () => {
    const url = await link();
    const changed: Record<string, (query: URLSearchParams) => void> = {
      'a later end': (query) => query.set('expires', String(Number(query.get('expires')) + 1)),
      'another key': (query) => query.set('key', 'k9'),
      'another signature': (query) => query.set('signature', `${query.get('signature')}`.replace(/^./, 'x')),
      'no signature': (query) => query.delete('signature'),
      'two signatures': (query) => query.append('signature', query.get('signature') ?? ''),
    };
    for (const change of Object.values(changed)) {
      const copy = new URL(url);
      change(copy.searchParams);
      refused(await page(copy), 404, 'not_found');
    }
    for (const path of ['/admin', '/v1/me', '/admin/users/1']) {
      const status = (await client().get(`${path}${url.search}`)).status;
      expect([400, 401, 404]).toContain(status);
    }
    refused(await client().post(`${url.pathname}${url.search}`), 404, 'not_found');
  });
});

describe('an api that is told to stop', () => {
  test('says that it is not ready, finishes the upload that is under way, takes no other, and ends', async () => {
    const api = await stack.guest({});
    const { bytes } = await drawn({ width: 900, height: 700, seed: 700 });
    const length = partHead.length + bytes.length + partEnd.length;
    const wire = await Wire.open(api.url);
    await wire.send(uploadHead(ada.session.accessToken, `Content-Length: ${length}`));
    await wire.send(Buffer.concat([Buffer.from(partHead), bytes.subarray(0, 2_000)]));
    const neighbour = await Wire.open(api.url);
    await neighbour.send('GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n');
    await neighbour.until(/"ok":true/);
    await expect
      .poll(() => stack.database.query(`SELECT id FROM photos WHERE state = 'uploading'`))
      .toHaveLength(1);

    const ended = api.kill('SIGTERM');
    await expect.poll(() => api.log()).toContain('the api drains');
    await expect(Wire.open(api.url)).rejects.toThrow('ECONNREFUSED');
    await neighbour.send('GET /health/ready HTTP/1.1\r\nHost: x\r\n\r\n');
    expect(await neighbour.until(/draining/)).toContain('HTTP/1.1 503');
    await wire.send(Buffer.concat([bytes.subarray(2_000), Buffer.from(partEnd)]));
    const answer = await wire.answer();
    expect(answer).toContain('HTTP/1.1 202');
    expect(answer.toLowerCase()).toContain('connection: close');
    expect(await ended).toContain('0');
    expect(api.log()).toContain('the api has stopped');
    const [, id = ''] = /"id":"(\d+)"/.exec(answer) ?? [];
    expect(await ada.settled({ id })).toMatchObject({ state: 'ready' });
  });
});
