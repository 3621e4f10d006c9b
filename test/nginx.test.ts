import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync, brotliDecompressSync } from 'node:zlib';
import request from 'supertest';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { ListeningApi } from './harness/listening-api.js';
import { brotliInstalled, Nginx, nginxInstalled, type NginxOptions } from './harness/nginx.js';
import { refused } from './harness/answers.js';
import { Wire } from './harness/wire.js';
import { patient } from './harness/pace.js';

const settings = { MEDIA_KEYS: `test:${'ab'.repeat(32)}`, STORAGE_DIR: '/nonexistent' };
const TRACEPARENT = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
const TRUSTED = ['--trust', '127.0.0.1'];

describe.skipIf(!nginxInstalled)('NGINX, between a balancer and the api', () => {
  let api: ListeningApi;
  let nginx: Nginx;
  const given = (more: Partial<NginxOptions> = {}): NginxOptions => ({
    settings,
    apis: [api.address],
    ...more,
  });

  beforeAll(async () => {
    api = await new ListeningApi().start();
    nginx = await Nginx.start('nginx-edge', given({ options: TRUSTED }));
  });
  afterEach(() => {
    api.answer = (_, response) => response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  });
  afterAll(async () => {
    await nginx?.stop();
    await api?.stop();
  });

  const ask = () => request(nginx.url);

  describe('who asks', () => {
    test('is whom the balancer names, in one header, and what a stranger says of himself goes no further', async () => {
      await ask().get('/v1/instance').set({
        'X-Forwarded-For': '203.0.113.7',
        'X-Forwarded-Proto': 'https',
        'X-Forwarded-Host': 'evil.example',
        Forwarded: 'for=198.51.100.1',
        'X-Real-IP': '198.51.100.1',
        traceparent: TRACEPARENT,
      });
      expect(api.last.headers).toMatchObject({
        'x-forwarded-for': '203.0.113.7',
        'x-forwarded-proto': 'https',
        traceparent: TRACEPARENT,
      });
      for (const name of ['forwarded', 'x-real-ip', 'x-forwarded-host'])
        expect(api.last.headers[name]).toBeUndefined();
    });

    test('is the last address that no balancer has, not the first that somebody wrote', async () => {
      await ask().get('/v1/instance').set('X-Forwarded-For', '198.51.100.1, 203.0.113.7, 127.0.0.1');
      expect(api.last.headers['x-forwarded-for']).toBe('203.0.113.7');
    });

    test('is the peer itself where no balancer is trusted', async () => {
      await nginx.configure(given());
      await ask()
        .get('/v1/instance')
        .set({ 'X-Forwarded-For': '203.0.113.7', 'X-Forwarded-Proto': 'https', traceparent: TRACEPARENT });
      expect(api.last.headers).toMatchObject({ 'x-forwarded-for': '127.0.0.1', 'x-forwarded-proto': 'http' });
      expect(api.last.headers['traceparent']).toBeUndefined();
      await nginx.configure(given({ options: TRUSTED }));
    });

    test('one request id goes through all, and is made where a client brings none or a bad one', async () => {
      await ask().get('/v1/instance').set('X-Request-Id', 'phone:12345678');
      expect(api.last.headers['x-request-id']).toBe('phone:12345678');
      await ask().get('/v1/instance').set('X-Request-Id', 'a b"c');
      expect(api.last.headers['x-request-id']).toMatch(/^[0-9a-f]{32}$/);
      const made = api.last.headers['x-request-id'];
      await expect
        .poll(() => nginx.log().map(({ requestId }) => requestId), { timeout: patient(10_000) })
        .toEqual(expect.arrayContaining(['phone:12345678', made]));
    });
  });

  describe('refusals of its own', () => {
    test('have the one form of the contract', async () => {
      const big = 'x'.repeat(70_000);
      const json = await ask().post('/v1/posts').set('Content-Type', 'application/json').send(big);
      expect(refused(json, 413, 'body_too_large').params).toEqual({ limit: 65_536 });
      refused(await ask().get('/v1/feed').set('X-Much', 'y'.repeat(20_000)), 431, 'headers_too_large');
      refused(await ask().get(`/v1/${'z'.repeat(20_000)}`), 431, 'headers_too_large');
      refused(await ask().get('/media/what'), 403, 'url_invalid');
      refused(await ask().get('/_objects/ab/cd/original'), 404, 'not_found');
      for (const line of ['Content-Length: 1\r\nContent-Length: 2', 'Transfer-Encoding: mystery']) {
        const odd = await Wire.open(nginx.url);
        await odd.send(`POST / HTTP/1.1\r\nHost: a\r\n${line}\r\n\r\n`);
        expect(await odd.answer()).toMatch(/^HTTP\/1.1 400 [^]*"code":"request_invalid"/);
      }
    });

    test('say how large a photo may be, before its bytes are sent', async () => {
      const wire = await Wire.open(nginx.url);
      await wire.send('POST /v1/photos HTTP/1.1\r\nHost: a\r\nContent-Length: 99000000\r\n\r\n');
      const answer = await wire.until(/\}\s*$/);
      expect(answer).toMatch(/^HTTP\/1.1 413 [^]*"code":"photo_too_large","params":\{"limit":52428800\}/);
      wire.drop();
    });

    test('say that nobody is there, and when to come back', async () => {
      await nginx.configure(given({ apis: ['127.0.0.1:9'], options: TRUSTED }));
      const answer = await ask().get('/v1/feed');
      refused(answer, 503, 'unavailable');
      expect(answer.headers['retry-after']).toBe('2');
      await nginx.configure(given({ apis: ['127.0.0.1:9'], options: [...TRUSTED, '--away', '502'] }));
      expect((await ask().get('/v1/feed')).status).toBe(502);
      await nginx.configure(given({ options: TRUSTED }));
    });

    test('come when somebody signs in far too often; reading is not counted', async () => {
      await nginx.configure(given({ settings: { ...settings, RATE_LIMITS: 'on' }, options: TRUSTED }));
      const from = (address: string) => ask().post('/v1/sessions').set('X-Forwarded-For', address).send({});
      const tries = await Promise.all(Array.from({ length: 70 }, () => from('203.0.113.9')));
      const late = tries.filter(({ status }) => status === 429);
      expect(late.length).toBeGreaterThanOrEqual(8);
      expect(late.length).toBeLessThanOrEqual(10);
      for (const answer of late) {
        refused(answer, 429, 'rate_limited');
        expect(answer.headers['retry-after']).toBe('5');
      }
      expect((await from('203.0.113.10')).status).toBe(200);
      // An IPv4 address is itself, however it is written; a subscriber's /64 is one caller, also where it has groups of zeros.
      expect((await from('::ffff:203.0.113.9')).status).toBe(429);
      const addresses = ['2001:db8::1', '2001:db8::1:2:3:4', '2001:db8:0:0:9::'];
      const subscriber = await Promise.all(
        Array.from({ length: 70 }, (_, number) => from(addresses[number % addresses.length] ?? '')),
      );
      expect(subscriber.filter(({ status }) => status === 429).length).toBeGreaterThanOrEqual(8);
      expect((await from('2001:db8:0:1::1')).status).toBe(200);
      expect((await ask().get('/v1/sessions').set('X-Forwarded-For', '203.0.113.9')).status).toBe(200);
      await nginx.configure(given({ settings: { ...settings, RATE_LIMITS: 'off' }, options: TRUSTED }));
      const free = await Promise.all(Array.from({ length: 70 }, () => from('203.0.113.9')));
      expect(free.filter(({ status }) => status !== 200)).toEqual([]);
    });
  });

  describe('slow clients', () => {
    test('reach the api when their body is whole; tus goes through as it comes', async () => {
      const before = api.begun;
      const form = await Wire.open(nginx.url);
      await form.send('POST /v1/photos HTTP/1.1\r\nHost: a\r\nContent-Length: 20\r\n\r\n0123456789');
      const tus = await Wire.open(nginx.url);
      await tus.send('PATCH /v1/uploads/1 HTTP/1.1\r\nHost: a\r\nContent-Length: 20\r\n\r\n0123456789');
      while (api.begun === before) await sleep(10);
      await sleep(200);
      expect(api.begun).toBe(before + 1);
      await form.send('0123456789');
      expect(await form.until(/\{\}/)).toMatch(/^HTTP\/1.1 200/);
      expect(api.last).toMatchObject({ path: '/v1/photos', body: '01234567890123456789' });
      await tus.send('0123456789');
      expect(await tus.until(/\{\}/)).toMatch(/^HTTP\/1.1 200/);
      for (const wire of [form, tus]) wire.drop();
    });
  });

  describe('answers', () => {
    const text = JSON.stringify({ items: Array.from({ length: 200 }, (_, id) => ({ id })) });
    const sends = () => {
      api.answer = (_, response) => response.writeHead(200, { 'content-type': 'application/json' }).end(text);
    };
    const bytesOf = async (encoding: string) => {
      sends();
      const answer = await ask()
        .get('/v1/feed')
        .set('Accept-Encoding', encoding)
        .buffer(true)
        .parse((response, done) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('end', () => done(null, Buffer.concat(chunks)));
        });
      expect(answer.headers['vary']).toMatch(/Accept-Encoding/);
      return answer.body as Buffer;
    };

    test('of JSON are compressed', async () => {
      const answer = await fetch(`${nginx.url}/v1/feed`, { headers: { 'accept-encoding': 'gzip' } });
      await answer.text();
      // By NGINX alone: the api is not asked to.
      expect(api.last.headers).not.toHaveProperty('accept-encoding');
      sends();
      const wire = await Wire.open(nginx.url);
      await wire.send('GET /v1/feed HTTP/1.0\r\nHost: a\r\nAccept-Encoding: identity\r\n\r\n');
      expect(await wire.answer()).toContain(text);
      const [, body] = [null, await bytesOf('gzip')];
      expect(body.length === 0 ? '' : unzipped(body)).toBe(text);
    });

    test.skipIf(!brotliInstalled)('by brotli, where its modules are', async () => {
      await nginx.configure(given({ options: [...TRUSTED, '--brotli', '/usr/lib/nginx/modules'] }));
      sends();
      const wire = await Wire.open(nginx.url);
      await wire.send('GET /v1/feed HTTP/1.1\r\nHost: a\r\nConnection: close\r\nAccept-Encoding: br\r\n\r\n');
      expect(await wire.answer()).toMatch(/content-encoding: br/i);
      await nginx.configure(given({ options: TRUSTED }));
    });

    test('tell browsers to stay with TLS where TLS was spoken', async () => {
      const secure = await ask().get('/v1/instance').set('X-Forwarded-Proto', 'https');
      expect(secure.headers['strict-transport-security']).toBe('max-age=31536000');
      expect(secure.headers['server']).toBe('nginx');
      expect((await ask().get('/v1/instance')).headers['strict-transport-security']).toBeUndefined();
      const own = await ask().get('/media/what').set('X-Forwarded-Proto', 'https');
      expect(own.headers).toMatchObject({
        'strict-transport-security': 'max-age=31536000',
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
      });
    });

    test('of a stream come as they are written', async () => {
      api.answer = (_, response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write('event: reset\ndata: {}\n\n');
      };
      const wire = await Wire.open(nginx.url);
      await wire.send('GET /v1/stream HTTP/1.1\r\nHost: a\r\n\r\n');
      expect(await wire.until(/event: reset/)).toMatch(/event: reset/);
      wire.drop();
    });
  });

  describe('operators', () => {
    test('reach /admin and /metrics from their networks alone', async () => {
      const paths = ['/metrics', '/admin/health', '/admin', '/%61dmin/health', '//admin/health'];
      for (const path of paths) {
        const before = api.heard.length;
        refused(await ask().get(path).set('X-Forwarded-For', '203.0.113.7'), 404, 'not_found');
        expect(api.heard.length).toBe(before);
      }
      await nginx.configure(given({ options: [...TRUSTED, '--operators', '203.0.113.0/24'] }));
      expect((await ask().get('/metrics').set('X-Forwarded-For', '203.0.113.7')).status).toBe(200);
      expect(api.last.headers['x-forwarded-for']).toBeUndefined();
      expect((await ask().get('/admin/health').set('X-Forwarded-For', '203.0.113.7')).status).toBe(200);
      await nginx.configure(given({ options: TRUSTED }));
    });

    test('see what NGINX does', async () => {
      expect(await (await fetch(nginx.statusUrl)).text()).toMatch(/^Active connections: \d+/);
    });

    test('find each request in the log, as JSON, without what is secret', async () => {
      await ask().get('/v1/feed?cursor=secret').set('User-Agent', 'a "phone"\\');
      await ask().head('/v1/uploads/secret-place');
      await expect
        .poll(() => nginx.log().slice(-2), { timeout: patient(10_000) })
        .toMatchObject([
          {
            method: 'GET',
            path: '/v1/feed',
            status: 200,
            agent: 'a "phone"\\',
            upstream: api.address,
            ip: '127.0.0.1',
          },
          { method: 'HEAD', path: '/v1/uploads/-' },
        ]);
      expect(JSON.stringify(nginx.log())).not.toContain('secret');
    });
  });
});

function unzipped(body: Buffer): string {
  const first = body[0];
  if (first === 0x1f) return gunzipSync(body).toString();
  if (first === 0x7b) return body.toString();
  return brotliDecompressSync(body).toString();
}
