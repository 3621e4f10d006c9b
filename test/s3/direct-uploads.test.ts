import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { refused } from '../harness/answers.js';
import type { Photo } from '../harness/contract.js';
import { signUp, type Person } from '../harness/people.js';
import { drawn, type Picture } from '../harness/pictures.js';
import { s3Installed, startS3, type S3 } from '../harness/s3.js';
import { startStack, type Stack } from '../harness/stack.js';
import { originalOf } from '../harness/tus.js';
import { patient } from '../harness/pace.js';

interface Presigned {
  photoId: string;
  upload: { method: string; url: string; headers: Record<string, string>; expiresAt: string };
  completeBy: string;
}

const sum = (bytes: Uint8Array, algorithm: string) => createHash(algorithm).update(bytes).digest('hex');
const describing = ({ bytes, type }: Picture) => ({ type, bytes: bytes.length });

const presign = (person: Person, body: object) => person.request('post', '/v1/photos/presign', body);
const complete = (person: Person, id: string) => person.request('post', `/v1/photos/${id}/complete`);
/** A plain PUT, as any client sends it. */
const put = ({ upload }: Presigned, bytes: Buffer, headers = upload.headers) =>
  fetch(upload.url, { method: upload.method, headers, body: new Uint8Array(bytes) });

async function presigned(person: Person, body: object): Promise<Presigned> {
  const response = await presign(person, body).expect(201);
  return response.body as Presigned;
}

describe.skipIf(!s3Installed)('direct to S3 (radosgw)', () => {
  const QUOTA = 3_000_000;
  let s3: S3;
  let stack: Stack;
  let ada: Person;
  let grace: Person;
  beforeAll(async () => {
    s3 = await startS3();
    stack = await startStack({ api: 2, env: { ...s3.env, QUOTA_BYTES: String(QUOTA) } });
    [ada, grace] = await Promise.all([signUp(stack, 'ada'), signUp(stack, 'grace')]);
  });
  afterAll(async () => {
    await stack?.stop();
    await s3?.stop();
  });
  const keysOf = async (id: string) => {
    const rows = await stack.database.query<{ folder: string }>(
      'SELECT folder FROM uploads WHERE id = $1 UNION SELECT folder FROM photos WHERE id = $1',
      [id],
    );
    const folders = rows.map(({ folder }) => folder);
    const keys = [...(await s3.list()).keys()];
    return keys.filter((key) => folders.some((folder) => key.startsWith(folder))).map((key) => key.slice(34));
  };

  test('is announced, and brings a photo by a plain PUT, byte for byte', async () => {
    const instance = (await (await fetch(`${stack.url}/v1/instance`)).json()) as { features: string[] };
    expect(instance.features).toContain('direct-uploads');
    const picture = await drawn({ seed: 50 });
    const made = await presigned(ada, { ...describing(picture), altText: 'Fog' });
    expect(Date.parse(made.upload.expiresAt)).toBeLessThan(Date.parse(made.completeBy));
    await ada.request('get', `/v1/photos/${made.photoId}`).expect(404);
    expect((await put(made, picture.bytes)).status).toBe(200);
    const response = await complete(ada, made.photoId).expect(202);
    expect(response.headers['location']).toBe(`/v1/photos/${made.photoId}`);
    expect(await ada.settled({ id: made.photoId })).toMatchObject({
      id: made.photoId,
      state: 'ready',
      altText: 'Fog',
    });
    expect((await originalOf(ada, made.photoId)).equals(picture.bytes)).toBe(true);
    const [row] = await stack.database.query<{ sha256: Buffer }>('SELECT sha256 FROM photos WHERE id = $1', [
      made.photoId,
    ]);
    expect(row?.sha256.toString('hex')).toBe(sum(picture.bytes, 'sha256'));
    expect(await keysOf(made.photoId)).not.toContain('directn0');
    // Repeated, and concurrent calls: the same photo.
    const again = await Promise.all([1, 2, 3].map(() => complete(ada, made.photoId).expect(200)));
    expect(again.map(({ body }) => (body as Photo).id)).toEqual(Array(3).fill(made.photoId));
  });

  test('takes the size, the type and the MD5 that were announced, and no others', async () => {
    const { bytes, type } = await drawn({ seed: 51, width: 640, height: 480 });
    const made = await presigned(ada, { type, bytes: bytes.length, md5: sum(bytes, 'md5') });
    expect((await put(made, bytes.subarray(1))).status).toBe(403);
    expect((await put(made, Buffer.concat([bytes, Buffer.alloc(1)]))).status).toBe(403);
    expect((await put(made, bytes, { ...made.upload.headers, 'content-type': 'image/png' })).status).toBe(
      403,
    );
    const altered = Buffer.from(bytes);
    altered[1_000] = (altered[1_000] ?? 0) ^ 1;
    expect((await put(made, altered)).status).toBe(400);
    const other = {
      ...made,
      upload: { ...made.upload, url: made.upload.url.replace('directn0', 'original') },
    };
    expect((await put(other, bytes)).status).toBe(403);
    refused(await complete(ada, made.photoId), 409, 'upload_not_arrived');
    expect((await put(made, bytes)).status).toBe(200);
    await complete(ada, made.photoId).set('Prefer', 'wait=5').expect(201);
  });

  test('a SHA-256 that was announced is held against the bytes before the photo is ready', async () => {
    const picture = await drawn({ seed: 52, width: 640, height: 480 });
    const wrong = sum(Buffer.from('other bytes'), 'sha256');
    const made = await presigned(ada, { ...describing(picture), sha256: wrong });
    // Ceph 16 ignores the header; a store that supports it already refuses here.
    expect((await put(made, picture.bytes)).status).toBe(200);
    await complete(ada, made.photoId).expect(202);
    const photo = await ada.settled({ id: made.photoId });
    expect(photo).toMatchObject({ state: 'rejected', rejection: { code: 'checksum_mismatch' } });
  });

  test('bytes that are here already answer the photo that exists', async () => {
    const picture = await drawn({ seed: 53, width: 640, height: 480 });
    const photo = await ada.upload(picture);
    const made = await presigned(ada, { ...describing(picture), sha256: sum(picture.bytes, 'sha256') });
    expect((await put(made, picture.bytes)).status).toBe(200);
    const response = await complete(ada, made.photoId).expect(200);
    expect((response.body as Photo).id).toBe(photo.id);
    await expect.poll(() => keysOf(made.photoId)).toEqual([]);
  });

  test('what cannot be completed says why: not there, a stranger, no photo, over', async () => {
    const picture = await drawn({ seed: 54, width: 640, height: 480 });
    const made = await presigned(ada, describing(picture));
    expect(refused(await complete(ada, made.photoId), 409, 'upload_not_arrived').params).toEqual({
      actual: 0,
      expected: picture.bytes.length,
    });
    refused(await complete(grace, made.photoId), 404, 'not_found');
    refused(await complete(ada, '17'), 404, 'not_found');
    refused(await complete(ada, 'none'), 404, 'not_found');
    const text = Buffer.alloc(picture.bytes.length, 'a');
    expect((await put(made, text)).status).toBe(200);
    refused(await complete(ada, made.photoId), 415, 'unsupported_media_type');
    refused(await complete(ada, made.photoId), 410, 'upload_gone');
    refused(await complete(grace, made.photoId), 404, 'not_found');
    expect(await keysOf(made.photoId)).toEqual([]);
  });

  test('holds its quota from the start, and gives it back when it is ended or has expired', async () => {
    const linus = await signUp(stack, 'linus');
    const half = { type: 'image/jpeg', bytes: QUOTA / 2 + 1 };
    const answers = await Promise.all([1, 2, 3].map(() => presign(linus, half)));
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([201, 422, 422]);
    refused(await presign(linus, half), 422, 'quota_exceeded');
    const made = answers.find(({ status }) => status === 201)?.body as Presigned;
    await grace.request('delete', `/v1/photos/${made.photoId}`).expect(404);
    await linus.request('delete', `/v1/photos/${made.photoId}`).expect(204);
    refused(await complete(linus, made.photoId), 410, 'upload_gone');
    const next = await presigned(linus, half);
    expect((await put(next, Buffer.alloc(half.bytes))).status).toBe(200);
    await stack.database.query('UPDATE uploads SET expires_at = now() WHERE id = $1', [next.photoId]);
    refused(await complete(linus, next.photoId), 410, 'upload_gone');
    const find = () => stack.database.query('SELECT 1 FROM uploads WHERE owner_id = $1', [linus.id]);
    const folder = await keysOf(next.photoId);
    expect(folder).toEqual(['directn0']);
    await expect.poll(find, { timeout: patient(15_000) }).toEqual([]);
    refused(await complete(linus, next.photoId), 410, 'upload_gone');
    const left = [...(await s3.list()).entries()].filter(([, size]) => size === half.bytes);
    expect(left).toEqual([]);
    await presign(linus, half).expect(201);
  });

  test('what is put again after completion changes nothing, and is swept', async () => {
    const picture = await drawn({ seed: 55, width: 640, height: 480 });
    const made = await presigned(ada, describing(picture));
    expect((await put(made, picture.bytes)).status).toBe(200);
    await complete(ada, made.photoId).expect(202);
    const other = Buffer.alloc(picture.bytes.length, 7);
    expect((await put(made, other)).status).toBe(200);
    await complete(ada, made.photoId).expect(200);
    expect((await ada.settled({ id: made.photoId })).state).toBe('ready');
    expect((await originalOf(ada, made.photoId)).equals(picture.bytes)).toBe(true);
    expect(await keysOf(made.photoId)).toContain('directn0');
    await stack.database.query('UPDATE uploads SET expires_at = now() WHERE id = $1', [made.photoId]);
    await expect.poll(() => keysOf(made.photoId), { timeout: patient(15_000) }).not.toContain('directn0');
    expect((await originalOf(ada, made.photoId)).equals(picture.bytes)).toBe(true);
    // Long after the upload's row was deleted.
    await complete(ada, made.photoId).expect(200);
  });

  test('is made once for one Idempotency-Key, and refuses what no photo can be', async () => {
    const key = (bytes: number) =>
      presign(grace, { type: 'image/jpeg', bytes }).set('Idempotency-Key', 'presign-once-0123456789');
    const [first, again] = [await key(1_000).expect(201), await key(1_000).expect(201)];
    expect((again.body as Presigned).photoId).toBe((first.body as Presigned).photoId);
    refused(await key(1_001), 422, 'idempotency_key_reused');
    refused(
      await presign(grace, { type: 'image/jpeg', bytes: 50 * 1024 * 1024 + 1 }),
      413,
      'photo_too_large',
    );
    refused(await presign(grace, { type: 'image/svg+xml', bytes: 9 }), 422, 'validation_failed');
    refused(await presign(grace, { type: 'image/jpeg', bytes: 0 }), 422, 'validation_failed');
    refused(await presign(grace, { type: 'image/jpeg', bytes: 9, sha256: 'x' }), 422, 'validation_failed');
  });
});

test('the disk store says that it does not take direct uploads', async () => {
  const stack = await startStack();
  try {
    const ada = await signUp(stack, 'ada');
    refused(await presign(ada, { type: 'image/jpeg', bytes: 9 }), 422, 'not_supported_by_store');
    refused(await complete(ada, '17'), 404, 'not_found');
    const instance = (await (await fetch(`${stack.url}/v1/instance`)).json()) as { features: string[] };
    expect(instance.features).not.toContain('direct-uploads');
  } finally {
    await stack.stop();
  }
});
