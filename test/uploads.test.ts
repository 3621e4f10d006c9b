import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import sharp from 'sharp';
import request from 'supertest';
import { Upload } from 'tus-js-client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Photo, ProblemBody } from './harness/contract.js';
import { signUp, type Person } from './harness/people.js';
import { drawn } from './harness/pictures.js';
import { startStack, type Stack } from './harness/stack.js';
import { Tunnel } from './harness/tunnel.js';

let stack: Stack;
let ada: Person;

beforeAll(async () => {
  stack = await startStack({ api: 2, env: { QUOTA_PHOTOS_PER_DAY: '30' } });
  ada = await signUp(stack, 'ada');
});
afterAll(() => stack.stop());

const STREAM = 'application/offset+octet-stream';
const base64 = (text: string) => Buffer.from(text).toString('base64');
const hashOf = (bytes: Uint8Array, algorithm = 'sha256') => createHash(algorithm).update(bytes).digest();

/** As a client speaks tus, by hand; `api` says which process it reaches. */
class Raw {
  constructor(
    readonly location: string,
    readonly api = 0,
  ) {}

  private get url(): string {
    return stack.apis[this.api]?.url ?? '';
  }

  static async begin(person: Person, length: number, headers: Record<string, string> = {}): Promise<Raw> {
    const response = await create(person, length, headers).expect(201);
    return new Raw(response.headers['location'] ?? '');
  }

  head() {
    return request(this.url).head(this.location).set('Tus-Resumable', '1.0.0');
  }

  patch(offset: number, bytes: Buffer, headers: Record<string, string> = {}) {
    return request(this.url)
      .patch(this.location)
      .set({ 'Tus-Resumable': '1.0.0', 'Upload-Offset': String(offset), 'Content-Type': STREAM, ...headers })
      .send(bytes);
  }

  end() {
    return request(this.url).delete(this.location).set('Tus-Resumable', '1.0.0');
  }

  on(api: number): Raw {
    return new Raw(this.location, api);
  }

  /** A PATCH that sends some bytes and then hangs, holding the connection. */
  async hang(offset: number, promised: number, bytes: Buffer) {
    const { hostname, port } = new URL(this.url);
    const socket = connect(Number(port), hostname);
    let answer = '';
    socket.on('data', (chunk: Buffer) => (answer += chunk.toString())).on('error', () => undefined);
    const lines = [
      `PATCH ${this.location} HTTP/1.1`,
      'Host: narwhal.test',
      'Tus-Resumable: 1.0.0',
      `Upload-Offset: ${offset}`,
      `Content-Type: ${STREAM}`,
      `Content-Length: ${promised}`,
    ];
    socket.write(`${lines.join('\r\n')}\r\n\r\n`);
    socket.write(bytes);
    await sleep(300);
    return { send: (more: Buffer) => socket.write(more), answer: () => answer, end: () => socket.destroy() };
  }
}

function create(person: Person, length: number, headers: Record<string, string> = {}) {
  return person
    .request('post', '/v1/uploads')
    .set({ 'Tus-Resumable': '1.0.0', 'Upload-Length': String(length), ...headers });
}

const codeOf = (response: { body: unknown }) => (response.body as ProblemBody).code;

/** The original of a photo, as it lies in the store. */
async function originalOf(photoId: string): Promise<Buffer> {
  const [row] = await stack.database.query<{ folder: string }>('SELECT folder FROM photos WHERE id = $1', [
    photoId,
  ]);
  return readFileSync(join(stack.objects, row?.folder ?? '', 'original'));
}

const photosOf = (person: Person) =>
  stack.database.query<{ id: string; sha256: Buffer; folder: string }>(
    'SELECT id, sha256, folder FROM photos WHERE owner_id = $1 ORDER BY id',
    [person.id],
  );

describe('tus-js-client', () => {
  test('brings 40 MB through cut connections and killed processes as one photo, byte for byte', async () => {
    const [width, height] = [4_200, 3_180];
    const bytes = await sharp(randomBytes(width * height * 3), { raw: { width, height, channels: 3 } })
      .png({ compressionLevel: 0 })
      .toBuffer();
    expect(bytes.length).toBeGreaterThan(40_000_000);
    const grace = await signUp(stack, 'grace');
    const tunnel = await Tunnel.open(stack.apis.map(({ url }) => url));
    const faults: string[] = [];
    const restarts: Promise<void>[] = [];
    const photoId = await new Promise<string>((resolve, reject) => {
      const done = new Set<number>();
      // Every fault once, as soon as so many bytes were acknowledged or sent.
      const at = (sent: number, threshold: number, fault: () => void) => {
        if (sent < threshold * 1e6 || done.has(threshold)) return;
        done.add(threshold);
        fault();
      };
      const kill = (index: number) => {
        faults.push('kill -9');
        const api = stack.apis[index];
        if (api) restarts.push(api.kill().then(() => api.start()));
      };
      const cut = () => {
        faults.push('cut');
        tunnel.cut();
      };
      let answered = '';
      const upload = new Upload(bytes, {
        endpoint: `${tunnel.url}/v1/uploads`,
        headers: { Authorization: `Bearer ${grace.session.accessToken}` },
        metadata: { altText: 'Noise', filename: 'IMG_0001.png' },
        retryDelays: Array.from({ length: 40 }, () => 150),
        onAfterResponse: (_, response) => {
          answered = response.getHeader('Narwhal-Photo-Id') ?? answered;
        },
        onProgress: (sent) => {
          at(sent, 4, cut);
          at(sent, 8, () => kill(0));
          at(sent, 14, cut);
          at(sent, 20, () => kill(1));
          at(sent, 26, cut);
          at(sent, 32, () => kill(0));
          at(sent, 38, cut);
        },
        onError: reject,
        onSuccess: () => resolve(answered),
      });
      tunnel.slow(25e6);
      upload.start();
    });
    await tunnel.close();
    expect(faults.sort()).toEqual(['cut', 'cut', 'cut', 'cut', 'kill -9', 'kill -9', 'kill -9']);
    await Promise.all(restarts);
    const photo = await grace.settled({ id: photoId });
    expect(photo).toMatchObject({ state: 'ready', width, height, altText: 'Noise' });
    const rows = await photosOf(grace);
    expect(rows.map(({ id }) => id)).toEqual([photoId]);
    expect(rows[0]?.sha256.equals(hashOf(bytes))).toBe(true);
    expect((await originalOf(photoId)).equals(bytes)).toBe(true);
  });
});

describe('an upload', () => {
  test('goes on with another process, and its address alone suffices', async () => {
    const { bytes } = await drawn({ seed: 11 });
    const half = Math.floor(bytes.length / 2);
    const upload = await Raw.begin(ada, bytes.length, { 'Upload-Metadata': `altText ${base64('Fog')}` });
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
    expect((await originalOf(photoId)).equals(bytes)).toBe(true);
    // Nothing but what a photo has is left of it.
    const folder = join(stack.objects, (await photosOf(ada)).find(({ id }) => id === photoId)?.folder ?? '');
    expect(readdirSync(folder).filter((name) => name.startsWith('w') && !name.includes('.'))).toEqual([]);
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
    const upload = await Raw.begin(ada, length);
    const answer = await upload.patch(0, picture.bytes).expect(204);
    expect(answer.headers['narwhal-photo-id']).toBe(photo.id);
  });

  test('is made once for one Idempotency-Key', async () => {
    const key = { 'Idempotency-Key': 'upload-once-0123456789' };
    const [first, again] = [await Raw.begin(ada, 5_000, key), await Raw.begin(ada, 5_000, key)];
    expect(again.location).toBe(first.location);
    expect(codeOf(await create(ada, 5_001, key).expect(422))).toBe('idempotency_key_reused');
  });

  test('is taken over from a request that hangs, which then changes nothing', async () => {
    const { bytes } = await drawn({ seed: 14, width: 2_400, height: 1_800 });
    const upload = await Raw.begin(ada, bytes.length);
    const hanging = await upload.hang(0, bytes.length, bytes.subarray(0, 100_000));
    const began = Date.now();
    const head = await upload.on(1).head().expect(200);
    const offset = Number(head.headers['upload-offset']);
    expect(Date.now() - began).toBeLessThan(2_000);
    // Other bytes than those that the hanging request goes on to send.
    hanging.send(Buffer.alloc(bytes.length - 100_000, 7));
    const last = await upload.on(1).patch(offset, bytes.subarray(offset)).expect(204);
    const photoId = last.headers['narwhal-photo-id'] ?? '';
    expect((await originalOf(photoId)).equals(bytes)).toBe(true);
    await expect.poll(hanging.answer, { timeout: 5_000 }).toContain('upload_taken_over');
    hanging.end();
    expect((await ada.settled({ id: photoId })).state).toBe('ready');
  });

  test('counts what came before a cut', async () => {
    const { bytes } = await drawn({ seed: 15 });
    const upload = await Raw.begin(ada, bytes.length);
    const cut = await upload.hang(0, bytes.length, bytes.subarray(0, 150_000));
    cut.end();
    expect((await upload.head()).headers['upload-offset']).toBe('150000');
  });

  test('that ended cannot go on, and nothing of it is left', async () => {
    const { bytes } = await drawn({ seed: 16 });
    const upload = await Raw.begin(ada, bytes.length);
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
    const upload = await Raw.begin(ada, bytes.length);
    await upload.patch(0, bytes.subarray(0, 60_000)).expect(204);
    const [row] = await stack.database.query<{ folder: string }>(
      `UPDATE uploads SET expires_at = now() WHERE received = 60000 RETURNING folder`,
    );
    expect(codeOf(await upload.patch(60_000, bytes.subarray(60_000)).expect(410))).toBe('upload_gone');
    await expect.poll(async () => (await upload.head()).status, { timeout: 15_000 }).toBe(404);
    expect(existsSync(join(stack.objects, row?.folder ?? 'none'))).toBe(false);
  });

  test('whose bytes are all here becomes a photo also when its client never asks again', async () => {
    const { bytes } = await drawn({ seed: 18 });
    const upload = await Raw.begin(ada, bytes.length);
    await upload.patch(0, bytes.subarray(0, bytes.length - 1)).expect(204);
    // As a process leaves it that is killed between its last byte and the photo.
    await stack.database.query(
      `UPDATE uploads SET length = received, received = received WHERE received = $1`,
      [bytes.length - 1],
    );
    const find = () =>
      stack.database.query<{ photo_id: string | null }>('SELECT photo_id FROM uploads WHERE length = $1', [
        bytes.length - 1,
      ]);
    await expect.poll(async () => (await find())[0]?.photo_id ?? null, { timeout: 15_000 }).not.toBeNull();
    const head = await upload.head().expect(200);
    expect(head.headers['narwhal-photo-id']).toBe((await find())[0]?.photo_id);
  });
});

describe('a checksum', () => {
  test.each(['sha1', 'sha256'])('of %s is kept to, and wrong bytes do not count', async (algorithm) => {
    const { bytes } = await drawn({ seed: algorithm.length + 20 });
    const upload = await Raw.begin(ada, bytes.length);
    const sum = (part: Buffer) => ({
      'Upload-Checksum': `${algorithm} ${hashOf(part, algorithm).toString('base64')}`,
    });
    const part = bytes.subarray(0, 80_000);
    const refused = await upload.patch(0, part, sum(bytes.subarray(1, 80_001)));
    expect([refused.status, codeOf(refused)]).toEqual([460, 'checksum_mismatch']);
    expect((await upload.head()).headers['upload-offset']).toBe('0');
    await upload.patch(0, part, sum(part)).expect(204);
    const rest = bytes.subarray(80_000);
    const last = await upload.patch(80_000, rest, sum(rest)).expect(204);
    const photoId = last.headers['narwhal-photo-id'] ?? '';
    expect((await originalOf(photoId)).equals(bytes)).toBe(true);
    expect((await upload.patch(0, part, { 'Upload-Checksum': 'md5 x' })).status).toBe(400);
  });
});

describe('what is refused', () => {
  test('is told before the first byte: too long, empty, no token, no tus, broken metadata', async () => {
    expect(codeOf(await create(ada, 50 * 1024 * 1024 + 1).expect(413))).toBe('photo_too_large');
    expect(codeOf(await create(ada, 0).expect(415))).toBe('unsupported_media_type');
    const anonymous = request(stack.url)
      .post('/v1/uploads')
      .set({ 'Tus-Resumable': '1.0.0', 'Upload-Length': '9' });
    expect(codeOf(await anonymous.expect(401))).toBe('token_missing');
    const old = await create(ada, 9, { 'Tus-Resumable': '0.2.2' }).expect(412);
    expect([codeOf(old), old.headers['tus-version']]).toEqual(['tus_version', '1.0.0']);
    const long = { 'Upload-Metadata': `altText ${base64('a'.repeat(1_001))}` };
    expect(codeOf(await create(ada, 9, long).expect(422))).toBe('validation_failed');
    await create(ada, 9, { 'Upload-Defer-Length': '1' }).expect(400);
  });

  test('by its first bytes ends the upload', async () => {
    const upload = await Raw.begin(ada, 1_000);
    expect(codeOf(await upload.patch(0, Buffer.alloc(300, 65)).expect(415))).toBe('unsupported_media_type');
    await upload.head().expect(404);
  });

  test('are a wrong secret, a wrong offset, another type and too many bytes', async () => {
    const { bytes } = await drawn({ seed: 31 });
    const upload = await Raw.begin(ada, bytes.length);
    await new Raw(upload.location.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A'))).head().expect(404);
    await new Raw(upload.location.replace(/\?.*/, '')).head().expect(404);
    const response = await upload.patch(9, bytes).expect(409);
    expect((response.body as ProblemBody).params).toEqual({ offset: 0 });
    await upload.patch(0, bytes, { 'Content-Type': 'image/jpeg' }).expect(415);
    await upload.patch(0, Buffer.concat([bytes, bytes])).expect(400);
    expect((await upload.head()).headers['upload-offset']).toBe('0');
  });
});

test('OPTIONS tells what the server can, and POST stands for other methods', async () => {
  const options = await request(stack.url).options('/v1/uploads');
  expect(options.status).toBeLessThan(300);
  expect(options.headers).toMatchObject({
    'tus-resumable': '1.0.0',
    'tus-version': '1.0.0',
    'tus-max-size': String(50 * 1024 * 1024),
    'tus-checksum-algorithm': 'sha1,sha256',
    'tus-extension': 'creation,creation-with-upload,expiration,checksum,termination',
  });
  const { bytes } = await drawn({ seed: 41 });
  const upload = await Raw.begin(ada, bytes.length);
  const patched = await request(stack.url)
    .post(upload.location)
    .set({ 'Tus-Resumable': '1.0.0', 'Upload-Offset': '0', 'Content-Type': STREAM })
    .set('X-HTTP-Method-Override', 'PATCH')
    .send(bytes)
    .expect(204);
  const photo: Photo = await ada.settled({ id: patched.headers['narwhal-photo-id'] ?? '' });
  expect(photo.state).toBe('ready');
});
