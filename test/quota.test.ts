import request from 'supertest';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ProblemBody } from './harness/contract.js';
import { signUp, type Person } from './harness/people.js';
import { drawn, type Picture } from './harness/pictures.js';
import { startStack, type Stack } from './harness/stack.js';

const BYTES = 600_000;
const A_DAY = 4;

let stack: Stack;

beforeAll(async () => {
  stack = await startStack({
    api: 2,
    env: { QUOTA_BYTES: String(BYTES), QUOTA_PHOTOS_PER_DAY: String(A_DAY), RATE_LIMITS: 'off' },
  });
});
afterAll(() => stack.stop());

const send = (person: Person, { bytes, name, type }: Picture) =>
  person.request('post', '/v1/photos').attach('file', bytes, { filename: name, contentType: type });

const begin = (person: Person, length: number) =>
  person.request('post', '/v1/uploads').set({ 'Tus-Resumable': '1.0.0', 'Upload-Length': String(length) });

const patch = (location: string, offset: number, bytes: Buffer) =>
  request(stack.url)
    .patch(location)
    .set({
      'Tus-Resumable': '1.0.0',
      'Upload-Offset': String(offset),
      'Content-Type': 'application/offset+octet-stream',
    })
    .send(bytes);

const refusal = (response: { status: number; body: unknown }) => {
  const { code, params } = response.body as ProblemBody;
  return { status: response.status, code, quota: params['quota'], limit: params['limit'] };
};
const noBytes = { status: 422, code: 'quota_exceeded', quota: 'bytes', limit: BYTES };
const noPhotos = { status: 422, code: 'quota_exceeded', quota: 'photosPerDay', limit: A_DAY };

test('quotas are published with the limits', async () => {
  const { body } = await request(stack.url).get('/v1/instance');
  expect(body).toMatchObject({
    limits: { quota: { bytes: BYTES, bytesPerDay: 2 * BYTES, photosPerDay: A_DAY }, upload: { open: 20 } },
  });
});

describe('bytes', () => {
  test('are refused beyond the quota, and free again when a photo is deleted', async () => {
    const ada = await signUp(stack, 'ada');
    const [one, two] = [
      await drawn({ seed: 1, width: 1_900, height: 1_400 }),
      await drawn({ seed: 2, width: 1_900, height: 1_400 }),
    ];
    expect(one.bytes.length * 2).toBeGreaterThan(BYTES + 64 * 1024);
    const photo = await ada.upload(one);
    expect(refusal(await send(ada, two))).toEqual(noBytes);
    expect(refusal(await begin(ada, two.bytes.length))).toEqual(noBytes);
    await ada.request('delete', `/v1/photos/${photo.id}`).expect(204);
    expect((await ada.upload(two)).state).toBe('ready');
  });

  test('of uploads that begin at once, only what has room is begun, and becomes a photo', async () => {
    const grace = await signUp(stack, 'grace');
    const pictures = await Promise.all([3, 4, 5].map((seed) => drawn({ seed, width: 1_900, height: 1_400 })));
    const begun = await Promise.all(pictures.map(({ bytes }) => begin(grace, bytes.length)));
    expect(begun.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([201, 422, 422]);
    for (const answer of begun.filter(({ status }) => status === 422))
      expect(refusal(answer)).toEqual(noBytes);
    const index = begun.findIndex(({ status }) => status === 201);
    const location = begun[index]?.headers['location'] as string;
    expect((await patch(location, 0, pictures[index]?.bytes ?? Buffer.alloc(0))).status).toBe(204);
    const kept = await stack.database.query<{ bytes: string }>(
      'SELECT sum(bytes) AS bytes FROM photos WHERE owner_id = $1',
      [grace.id],
    );
    expect(Number(kept[0]?.bytes)).toBeLessThanOrEqual(BYTES);
    // A refused upload uses neither the bytes nor the daily quota.
    const usage = await stack.database.query('SELECT photos FROM photo_usage WHERE owner_id = $1', [
      grace.id,
    ]);
    expect(usage).toEqual([{ photos: 1 }]);
  });
});

test('photos a day are counted across both ways, deleted ones included, and at once', async () => {
  const linus = await signUp(stack, 'linus');
  const small = await Promise.all(
    Array.from({ length: A_DAY + 3 }, (_, index) => drawn({ seed: 30 + index, width: 200, height: 150 })),
  );
  const [first, ...rest] = small as [Picture, ...Picture[]];
  const photo = await linus.upload(first);
  await linus.request('delete', `/v1/photos/${photo.id}`).expect(204);
  const answers = await Promise.all(rest.map((picture) => send(linus, picture)));
  expect(answers.filter(({ status }) => status === 202)).toHaveLength(A_DAY - 1);
  for (const answer of answers.filter(({ status }) => status !== 202))
    expect(refusal(answer)).toEqual(noPhotos);
  expect(refusal(await begin(linus, 5_000))).toEqual(noPhotos);
  await stack.database.query('UPDATE photo_usage SET day = day - 1 WHERE owner_id = $1', [linus.id]);
  await begin(linus, 5_000).expect(201);
});
