import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { signUp, type Person } from './harness/people.js';
import { drawn } from './harness/pictures.js';
import { startStack, type Stack } from './harness/stack.js';
import { base64, codeOf, create, originalOf, photosOf, Raw, STREAM } from './harness/tus.js';
import { patient } from './harness/pace.js';

let stack: Stack;
let ada: Person;

beforeAll(async () => {
  stack = await startStack({ api: 2, env: { QUOTA_PHOTOS_PER_DAY: '30' } });
  ada = await signUp(stack, 'ada');
});
afterAll(() => stack.stop());

describe('an upload', () => {
  test('goes on with another process, and its address alone suffices', async () => {
    const { bytes } = await drawn({ seed: 11 });
    const half = Math.floor(bytes.length / 2);
    const upload = await Raw.begin(stack, ada, bytes.length, {
      'Upload-Metadata': `altText ${base64('Fog')}`,
    });
    const first = await upload.patch(0, bytes.subarray(0, half)).expect(204);
    expect(first.headers['upload-offset']).toBe(String(half));
    expect(first.headers['narwhal-photo-id']).toBeUndefined();
    const there = await upload.on(1).head().expect(200);
    expect(there.headers).toMatchObject({
      'upload-offset': String(half),
      'upload-length': String(bytes.length),
      'upload-metadata': `altText ${base64('Fog')}`,
      'cache-control': 'no-store',
      'tus-resumable': '1.0.0',
    });
    expect(Date.parse(there.headers['upload-expires'] ?? '') - Date.now()).toBeGreaterThan(23 * 3_600_000);
    const last = await upload.on(1).patch(half, bytes.subarray(half)).expect(204);
    const photoId = last.headers['narwhal-photo-id'] ?? '';
    expect((await upload.head().expect(200)).headers['narwhal-photo-id']).toBe(photoId);
    expect(await ada.settled({ id: photoId })).toMatchObject({ state: 'ready', altText: 'Fog' });
    expect((await originalOf(ada, photoId)).equals(bytes)).toBe(true);
    // It leaves only the objects of a photo.
    const folder = join(
      stack.objects,
      (await photosOf(stack, ada)).find(({ id }) => id === photoId)?.folder ?? '',
    );
    expect(readdirSync(folder).filter((name) => name.startsWith('w') && !name.includes('.'))).toEqual([]);
  });

  test('that is complete says so to whoever sends it again', async () => {
    const { bytes } = await drawn({ seed: 19 });
    const half = Math.floor(bytes.length / 2);
    const upload = await Raw.begin(stack, ada, bytes.length);
    await upload.patch(0, bytes.subarray(0, half)).expect(204);
    const last = await upload.patch(half, bytes.subarray(half)).expect(204);
    const before = (await photosOf(stack, ada)).length;
    const complete = {
      'upload-offset': String(bytes.length),
      'narwhal-photo-id': last.headers['narwhal-photo-id'],
    };
    for (const [offset, sent] of [
      [half, bytes.subarray(half)],
      [0, bytes],
      [bytes.length, Buffer.alloc(0)],
    ] as const)
      expect((await upload.on(1).patch(offset, sent).expect(204)).headers).toMatchObject(complete);
    const beyond = await upload.patch(bytes.length + 1, bytes).expect(409);
    expect([codeOf(beyond), beyond.headers['upload-offset']]).toEqual([
      'upload_offset',
      String(bytes.length),
    ]);
    expect(await photosOf(stack, ada)).toHaveLength(before);
  });

  test('may come whole with the request that makes it', async () => {
    const { bytes } = await drawn({ seed: 12 });
    const response = await create(ada, bytes.length, { 'Content-Type': STREAM }).send(bytes).expect(201);
    expect(response.headers['upload-offset']).toBe(String(bytes.length));
    const photo = await ada.settled({ id: response.headers['narwhal-photo-id'] ?? '' });
    expect(photo.state).toBe('ready');
  });

  test('of bytes that are here already answers the photo that exists', async () => {
    const picture = await drawn({ seed: 13 });
    const photo = await ada.upload(picture);
    const { length } = picture.bytes;
    const upload = await Raw.begin(stack, ada, length);
    const answer = await upload.patch(0, picture.bytes).expect(204);
    expect(answer.headers['narwhal-photo-id']).toBe(photo.id);
  });

  test('is made once for one Idempotency-Key', async () => {
    const key = { 'Idempotency-Key': 'upload-once-0123456789' };
    const [first, again] = [await Raw.begin(stack, ada, 5_000, key), await Raw.begin(stack, ada, 5_000, key)];
    expect(again.location).toBe(first.location);
    expect(codeOf(await create(ada, 5_001, key).expect(422))).toBe('idempotency_key_reused');
  });

  test('is taken over from a request that hangs, which then changes nothing', async () => {
    const { bytes } = await drawn({ seed: 14, width: 2_400, height: 1_800 });
    const upload = await Raw.begin(stack, ada, bytes.length);
    const hanging = await upload.hang(0, bytes.length, bytes.subarray(0, 100_000));
    const began = Date.now();
    const head = await upload.on(1).head().expect(200);
    const offset = Number(head.headers['upload-offset']);
    expect(Date.now() - began).toBeLessThan(2_000);
    // Different bytes than those that the hanging request goes on to send.
    hanging.send(Buffer.alloc(bytes.length - 100_000, 7));
    const last = await upload.on(1).patch(offset, bytes.subarray(offset)).expect(204);
    const photoId = last.headers['narwhal-photo-id'] ?? '';
    expect((await originalOf(ada, photoId)).equals(bytes)).toBe(true);
    await expect.poll(hanging.answer, { timeout: patient(5_000) }).toContain('upload_taken_over');
    expect(hanging.answer()).toMatch(/\r\nupload-offset: [1-9]\d+\r\n/i);
    hanging.end();
    expect((await ada.settled({ id: photoId })).state).toBe('ready');
  });

  test('counts what came before a cut', async () => {
    const { bytes } = await drawn({ seed: 15 });
    const upload = await Raw.begin(stack, ada, bytes.length);
    const cut = await upload.hang(0, bytes.length, bytes.subarray(0, 150_000));
    cut.end();
    expect((await upload.head()).headers['upload-offset']).toBe('150000');
  });

  test('that ended cannot go on, and nothing of it is left', async () => {
    const { bytes } = await drawn({ seed: 16 });
    const upload = await Raw.begin(stack, ada, bytes.length);
    await upload.patch(0, bytes.subarray(0, 50_000)).expect(204);
    const [row] = await stack.database.query<{ folder: string }>(
      'SELECT folder FROM uploads WHERE received = 50000',
    );
    await upload.end().expect(204);
    await upload.head().expect(404);
    expect(existsSync(join(stack.objects, row?.folder ?? 'none'))).toBe(false);
  });

  test('that has expired is gone, and swept', async () => {
    const { bytes } = await drawn({ seed: 17 });
    const upload = await Raw.begin(stack, ada, bytes.length);
    await upload.patch(0, bytes.subarray(0, 60_000)).expect(204);
    const [row] = await stack.database.query<{ folder: string }>(
      `UPDATE uploads SET expires_at = now() WHERE received = 60000 RETURNING folder`,
    );
    expect(codeOf(await upload.patch(60_000, bytes.subarray(60_000)).expect(410))).toBe('upload_gone');
    await expect.poll(async () => (await upload.head()).status, { timeout: patient(15_000) }).toBe(404);
    expect(existsSync(join(stack.objects, row?.folder ?? 'none'))).toBe(false);
  });

  test('whose bytes are all here becomes a photo also when its client never asks again', async () => {
    const { bytes } = await drawn({ seed: 18 });
    const upload = await Raw.begin(stack, ada, bytes.length);
    await upload.patch(0, bytes.subarray(0, bytes.length - 1)).expect(204);
    // The state left by a process that is killed between its last byte and the photo.
    await stack.database.query(
      `UPDATE uploads SET length = received, received = received WHERE received = $1`,
      [bytes.length - 1],
    );
    const find = () =>
      stack.database.query<{ photo_id: string | null }>('SELECT photo_id FROM uploads WHERE length = $1', [
        bytes.length - 1,
      ]);
    await expect
      .poll(async () => (await find())[0]?.photo_id ?? null, { timeout: patient(15_000) })
      .not.toBeNull();
    const head = await upload.head().expect(200);
    expect(head.headers['narwhal-photo-id']).toBe((await find())[0]?.photo_id);
  });
});
