import { beforeAll, expect, test } from 'vitest';
import { signUp, type Person } from './harness/people.js';
import { drawn } from './harness/pictures.js';
import { sharedStack } from './harness/shared-stack.js';
import type { Stack } from './harness/stack.js';

let stack: Stack;
let ada: Person;
let grace: Person;

beforeAll(async () => {
  stack = await sharedStack();
  [ada, grace] = await Promise.all([signUp(stack, 'ada'), signUp(stack, 'grace')]);
});

test('owners, and nobody else, download what they sent', async () => {
  const picture = await drawn({ seed: 3 });
  const photo = await ada.upload(picture);
  await ada.post([photo]);
  const path = `/v1/photos/${photo.id}/original`;
  const whole = await ada.request('get', path).buffer(true).expect(200);
  expect((whole.body as Buffer).equals(picture.bytes)).toBe(true);
  expect(whole.headers).toMatchObject({
    'content-type': 'image/jpeg',
    'content-disposition': `attachment; filename="${photo.id}.jpg"`,
    'content-length': String(picture.bytes.length),
    'cache-control': 'private, no-cache',
  });
  const part = await ada.request('get', path).set('Range', 'bytes=-100').buffer(true).expect(206);
  expect((part.body as Buffer).equals(picture.bytes.subarray(-100))).toBe(true);
  await ada
    .request('get', path)
    .set('If-None-Match', whole.headers['etag'] ?? '')
    .expect(304);
  await grace.request('get', `/v1/photos/${photo.id}`).expect(200);
  await grace.request('get', path).expect(404);
  const anonymous = await fetch(`${stack.url}${path}`);
  expect(anonymous.status).toBe(401);
});
