import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { Upload } from 'tus-js-client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { refused } from './harness/answers.js';
import type { Photo } from './harness/contract.js';
import { Nginx, nginxInstalled } from './harness/nginx.js';
import { Person, signUp } from './harness/people.js';
import { drawn } from './harness/pictures.js';
import { startStack, type Stack } from './harness/stack.js';
import { radosgwInstalled, startRadosgw, type Radosgw } from './servers/radosgw.ts';

const keys = `test:${'cd'.repeat(32)}`;
const addresses = (stack: Stack) => stack.apis.map(({ url }) => new URL(url).host);
const bytesOf = async (answer: Response) => Buffer.from(await answer.arrayBuffer());

describe.skipIf(!nginxInstalled)('a Narwhal behind NGINX, on disk', () => {
  let stack: Stack;
  let nginx: Nginx;
  let ada: Person;

  beforeAll(async () => {
    const env = { MEDIA_KEYS: keys, TRUSTED_PROXIES: '127.0.0.1', NGINX_SENDS_FILES: 'on' };
    stack = await startStack({ api: 2, env });
    const settings = { MEDIA_KEYS: keys, STORAGE_DIR: stack.objects };
    nginx = await Nginx.start('nginx-stack', { settings, apis: addresses(stack) });
    ada = await signUp(nginx, 'ada');
  });
  afterAll(async () => {
    await nginx?.stop();
    await stack?.stop();
  });

  test('owners are sent their originals by NGINX, others hear what the api says', async () => {
    const picture = await drawn({ seed: 11 });
    const photo = await ada.upload(picture);
    const path = `/v1/photos/${photo.id}/original`;
    const whole = await ada
      .request('get', path)
      .set('Origin', 'https://app.example')
      .buffer(true)
      .expect(200);
    expect((whole.body as Buffer).equals(picture.bytes)).toBe(true);
    expect(whole.headers).toMatchObject({
      'content-type': 'image/jpeg',
      'content-disposition': `attachment; filename="${photo.id}.jpg"`,
      'content-length': String(picture.bytes.length),
      'cache-control': 'private, no-cache',
      'access-control-allow-origin': '*',
      'x-content-type-options': 'nosniff',
    });
    expect(whole.headers['x-accel-redirect']).toBeUndefined();
    expect(whole.headers['access-control-expose-headers']).toContain('X-Request-Id');
    expect(whole.headers['x-request-id']).toMatch(/^[0-9a-f]{32}$/);
    const part = await ada.request('get', path).set('Range', 'bytes=-100').buffer(true).expect(206);
    expect((part.body as Buffer).equals(picture.bytes.subarray(-100))).toBe(true);
    const tag = whole.headers['etag'] ?? '';
    await ada.request('get', path).set('If-None-Match', tag).expect(304);
    const far = await ada.request('get', path).set('Range', 'bytes=99999999-');
    refused(far, 416, 'range_not_satisfiable');
    const grace = await signUp(nginx, 'grace');
    refused(await grace.request('get', path), 404, 'not_found');
  });

  test('tus goes through in pieces, and a stream is heard at once', async () => {
    const { bytes } = await drawn({ seed: 12 });
    const stream = await fetch(`${nginx.url}/v1/stream`, {
      headers: { authorization: `Bearer ${ada.session.accessToken}` },
    });
    const reader = stream.body?.pipeThrough(new TextDecoderStream()).getReader();
    const photoId = await new Promise<string>((resolve, reject) => {
      const upload = new Upload(bytes, {
        endpoint: `${nginx.url}/v1/uploads`,
        chunkSize: 100_000,
        headers: { authorization: `Bearer ${ada.session.accessToken}` },
        onAfterResponse: (_, response) => {
          const id = response.getHeader('Narwhal-Photo-Id');
          if (id) resolve(id);
        },
        onError: reject,
      });
      upload.start();
    });
    const { state } = await ada.settled({ id: photoId });
    expect(state).toBe('ready');
    let heard = '';
    while (!heard.includes(photoId)) heard += (await reader?.read())?.value ?? '';
    expect(heard).toContain('event: photo');
    await reader?.cancel();
  });

  test('an api that drains costs nobody a request', async () => {
    let going = true;
    const faults: string[] = [];
    const asking = Array.from({ length: 6 }, async (_, index) => {
      while (going) {
        const answer = await (index % 2 === 0
          ? ada.request('get', '/v1/feed')
          : ada.request('post', '/v1/me/collections', { name: `collection ${Math.random()}` }));
        if (answer.status >= 400 && answer.body?.code !== 'collection_limit') faults.push(answer.text);
      }
    });
    const [first, second] = stack.apis;
    await first?.restart();
    await second?.restart();
    going = false;
    await Promise.all(asking);
    expect(faults.slice(0, 3)).toEqual([]);
  });
});

const s3 = nginxInstalled && (await radosgwInstalled());

describe.skipIf(!s3)('a Narwhal behind NGINX, in S3', () => {
  let server: Radosgw;
  let stack: Stack;
  let nginx: Nginx;
  let ada: Person;
  let photo: Photo;
  const get = (url: string, headers: Record<string, string> = {}) => {
    const { pathname, search } = new URL(url);
    return fetch(`${nginx.url}${pathname}${search}`, { headers });
  };
  const asked = async () => {
    const texts = await Promise.all(stack.apis.map(async (api) => (await fetch(api.metricsUrl)).text()));
    const found = texts.flatMap((text) => [
      ...text.matchAll(/narwhal_http_request_seconds_count\{[^}]*\/media\/[^}]*\} (\d+)/g),
    ]);
    return found.reduce((sum, [, count]) => sum + Number(count), 0);
  };

  beforeAll(async () => {
    server = await startRadosgw();
    const { endpoint, accessKeyId, secretAccessKey } = server;
    const credentials = { accessKeyId, secretAccessKey };
    const client = new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true, credentials });
    await client.send(new CreateBucketCommand({ Bucket: 'photos' }));
    client.destroy();
    const env = {
      MEDIA_KEYS: keys,
      TRUSTED_PROXIES: '127.0.0.1',
      S3_BUCKET: 'photos',
      S3_ENDPOINT: endpoint,
      S3_ACCESS_KEY_ID: accessKeyId,
      S3_SECRET_ACCESS_KEY: secretAccessKey,
    };
    stack = await startStack({ env });
    nginx = await Nginx.start('nginx-s3', {
      settings: { MEDIA_KEYS: keys, S3_BUCKET: 'photos' },
      apis: addresses(stack),
    });
    ada = await signUp(nginx, 'ada');
    photo = await ada.upload(await drawn({ seed: 21 }));
  });
  afterAll(async () => {
    await nginx?.stop();
    await stack?.stop();
    await server?.stop();
  });

  test('a rendition is fetched once, however many ask at once, and kept whole for ranges', async () => {
    const url = photo.renditions?.w1080.url ?? '';
    const before = await asked();
    const answers = await Promise.all(Array.from({ length: 12 }, () => get(url)));
    const bodies = await Promise.all(answers.map(bytesOf));
    expect(answers.every(({ status }) => status === 200)).toBe(true);
    expect(bodies.every((body) => body.equals(bodies[0] ?? Buffer.alloc(0)))).toBe(true);
    expect((await asked()) - before).toBe(1);
    const part = await get(url, { range: 'bytes=5-9' });
    expect([part.status, part.headers.get('x-cache')]).toEqual([206, 'HIT']);
    expect((await bytesOf(part)).equals(bodies[0]?.subarray(5, 10) ?? Buffer.alloc(0))).toBe(true);
    expect(part.headers.get('cache-control')).toBe('private, max-age=86400, immutable');
    expect(part.headers.get('access-control-allow-origin')).toBe('*');
    const altered = await get(url.replace(/.$/, (last) => (last === 'A' ? 'Q' : 'A')));
    expect(altered.status).toBe(403);
  });

  test('the api says to a cache that asks anew that a deleted photo is gone', async () => {
    const second = await ada.upload(await drawn({ seed: 22 }));
    const { pathname, search } = new URL(second.renditions?.w320.url ?? '');
    const fresh = await fetch(`${stack.url}${pathname}${search}`);
    const tag = fresh.headers.get('etag') ?? '';
    await fresh.arrayBuffer();
    const asks = () => fetch(`${stack.url}${pathname}${search}`, { headers: { 'if-none-match': tag } });
    expect((await asks()).status).toBe(304);
    await ada.request('delete', `/v1/photos/${second.id}`).expect(204);
    await stack.quiet();
    expect((await asks()).status).toBe(404);
  });

  test('owners have their originals from the api', async () => {
    const picture = await drawn({ seed: 21 });
    const whole = await ada.request('get', `/v1/photos/${photo.id}/original`).buffer(true).expect(200);
    expect((whole.body as Buffer).equals(picture.bytes)).toBe(true);
  });
});
