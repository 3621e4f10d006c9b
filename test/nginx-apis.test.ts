import { setTimeout as sleep } from 'node:timers/promises';
import request from 'supertest';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { refused } from './harness/answers.js';
import { ListeningApi } from './harness/listening-api.js';
import { Nginx, nginxInstalled, type NginxOptions } from './harness/nginx.js';
import { patient } from './harness/pace.js';

const settings = { MEDIA_KEYS: `test:${'ab'.repeat(32)}`, STORAGE_DIR: '/nonexistent' };
const KEY = 'a-key-of-some-length';
const of = (...apis: string[]): NginxOptions => ({ settings, apis });

describe.skipIf(!nginxInstalled)('NGINX, in front of several apis', () => {
  let api: ListeningApi;
  let other: ListeningApi;
  let nginx: Nginx;

  beforeAll(async () => {
    [api, other] = await Promise.all([new ListeningApi().start(), new ListeningApi().start()]);
    nginx = await Nginx.start('nginx-apis', of(api.address, other.address));
  });
  afterEach(() => {
    for (const each of [api, other])
      each.answer = (_, response) =>
        response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  });
  afterAll(async () => {
    await nginx?.stop();
    await Promise.all([api?.stop(), other?.stop()]);
  });

  const ask = () => request(nginx.url);
  const both = () => of(api.address, other.address);

  test('a read goes to the next one when one is late, hung up or gone', async () => {
    await nginx.configure(both());
    api.answer = () => undefined;
    other.answer = (_, response) => response.end('{"from":"other"}');
    const late = await Promise.all(Array.from({ length: 4 }, () => ask().get('/v1/feed')));
    expect(late.map(({ text }) => text)).toEqual(Array(4).fill('{"from":"other"}'));
    api.answer = (_, response) => response.destroy();
    await nginx.configure(both());
    const cut = await Promise.all(Array.from({ length: 4 }, () => ask().get('/v1/feed')));
    expect(cut.every(({ status }) => status === 200)).toBe(true);
    await nginx.configure(of('127.0.0.1:9', other.address));
    const gone = await Promise.all(Array.from({ length: 4 }, () => ask().post('/v1/posts').send({})));
    expect(gone.every(({ status }) => status === 200)).toBe(true);
  });

  test('a write is sent once, unless its key makes twice the same as once', async () => {
    await nginx.configure(both());
    for (const each of [api, other]) each.answer = (_, response) => response.destroy();
    const count = () => api.heard.length + other.heard.length;
    const before = count();
    refused(await ask().post('/v1/posts').send({ a: 1 }), 503, 'unavailable');
    expect(count()).toBe(before + 1);
    await nginx.configure(both());
    refused(await ask().post('/v1/posts').set('Idempotency-Key', KEY).send({ a: 1 }), 503, 'unavailable');
    // As long as any of them may answer: each is tried once, and once more as the other's backup.
    expect(count()).toBe(before + 5);
    for (const each of [api, other]) {
      const { body, headers } = each.last;
      expect({ body, key: headers['idempotency-key'] }).toEqual({ body: '{"a":1}', key: KEY });
    }
  });

  test('one more is taken, and one let go, without a failed request', async () => {
    await nginx.configure(of(api.address));
    let going = true;
    const faults: number[] = [];
    const asking = Array.from({ length: 4 }, async () => {
      while (going) {
        const { status } = await ask().post('/v1/posts').send({ a: 1 });
        if (status !== 200) faults.push(status);
      }
    });
    const before = other.heard.length;
    nginx.reload(both());
    while (other.heard.length === before) await sleep(10);
    nginx.reload(of(other.address));
    // The old workers finish their requests; afterwards the api receives none.
    let old = -1;
    const quiet = () => old === (old = api.heard.length);
    await expect.poll(quiet, { timeout: patient(10_000), interval: patient(500) }).toBe(true);
    await sleep(200);
    expect(api.heard.length).toBe(old);
    going = false;
    await Promise.all(asking);
    expect(faults).toEqual([]);
  });
});
