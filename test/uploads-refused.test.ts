import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import request from 'supertest';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Photo, ProblemBody } from './harness/contract.js';
import { signUp, type Person } from './harness/people.js';
import { drawn } from './harness/pictures.js';
import { startStack, type Stack } from './harness/stack.js';
import { base64, codeOf, create, hashOf, originalOf, Raw, STREAM } from './harness/tus.js';

let stack: Stack;
let ada: Person;

beforeAll(async () => {
  stack = await startStack({ api: 2, env: { QUOTA_PHOTOS_PER_DAY: '60' } });
  ada = await signUp(stack, 'ada');
});
afterAll(() => stack.stop());

describe('a checksum', () => {
  test.each(['sha1', 'sha256'])('of %s is kept to, and wrong bytes do not count', async (algorithm) => {
    const { bytes } = await drawn({ seed: algorithm.length + 20 });
    const upload = await Raw.begin(stack, ada, bytes.length);
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
    expect((await originalOf(ada, photoId)).equals(bytes)).toBe(true);
    expect((await upload.patch(0, part, { 'Upload-Checksum': 'md5 x' })).status).toBe(400);
  });
});

/** A small HEIC, or AVIF, with other brands before its boxes: the first of them is the major one. */
function branded(file: Buffer, ...brands: string[]): Buffer {
  const length = file.readUInt32BE(0);
  const [major = '', ...others] = brands;
  // The same length as before, since offsets in the file must not change.
  const padded = `${major}\0\0\0\0${others.join('')}`.padEnd(length - 8, others.at(-1) ?? '    ');
  return Buffer.concat([file.subarray(0, 8), Buffer.from(padded, 'latin1'), file.subarray(length)]);
}

describe('pictures in the container of HEIF', () => {
  const formats = new URL('fixtures/formats/', import.meta.url).pathname;
  const file = (name: string) => readFileSync(join(formats, name));

  test.each([
    ['heic-8.heic', ['heic', 'mif1', 'heic']],
    ['heic-8.heic', ['heix', 'mif1', 'heix']],
    ['heic-8.heic', ['hevc', 'msf1', 'hevc']],
    ['heic-8.heic', ['hevx', 'msf1', 'hevx']],
    ['heic-8.heic', ['heim', 'mif1', 'heim']],
    ['heic-8.heic', ['heis', 'mif1', 'heis']],
    ['heic-8.heic', ['mif1', 'heic']],
    ['heic-8.heic', ['mif2', 'mif2']],
    ['heic-8.heic', ['msf1', 'msf1']],
    ['heic-8.heic', ['miaf', 'miaf']],
    ['heic-8.heic', ['1pic', 'mif1']],
    ['avif-8.avif', ['avif', 'mif1', 'miaf']],
    ['avif-8.avif', ['avis', 'msf1', 'avis']],
    ['avif-8.avif', ['miaf', 'avif']],
    ['avif-8.avif', ['mif1', 'miaf']],
    ['avif-8.avif', ['MA1A', 'avif']],
  ])('%s of the brands %j is a photo', async (name, brands) => {
    const sent = await ada.request('post', '/v1/photos').attach('file', branded(file(name), ...brands), name);
    expect(sent.status).toBeLessThan(300);
    expect(await ada.settled(sent.body as Photo)).toMatchObject({ state: 'ready' });
  });

  test.each<[string, Buffer, string]>([
    [
      'a picture by another codec',
      Buffer.from(file('heic-8.heic').toString('latin1').replaceAll('hvc1', 'vvc1'), 'latin1'),
      'heic',
    ],
    ['a film', branded(file('heic-8.heic'), 'mp42', 'heic'), 'mp42'],
    ['brands that nobody knows', branded(file('heic-8.heic'), 'abcd', 'efgh'), 'abcd, efgh'],
  ])('%s is refused at once, with what is taken', async (_, bytes, brands) => {
    const sent = await ada.request('post', '/v1/photos').attach('file', bytes, 'holiday.heic');
    const { code, params } = sent.body as ProblemBody;
    expect([sent.status, code]).toEqual([415, 'unsupported_media_type']);
    expect(params).toEqual({
      expected: expect.stringContaining('image/heic') as string,
      received: expect.stringContaining(brands) as string,
    });
    const { body } = await request(stack.url).get('/v1/instance');
    const { limits } = body as { limits: { photo: { formats: string[] } } };
    expect(params?.expected).toBe(limits.photo.formats.join(', '));
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
    const broken = ['a===', 'a', 'Zm9n*', 'Zm 9n', Buffer.from('Été', 'latin1').toString('base64')];
    for (const value of [...broken, `${base64('a')},altText ${base64('b')}`]) {
      const refused = await create(ada, 9, { 'Upload-Metadata': `filename YQ==, altText ${value}` }).expect(
        422,
      );
      expect((refused.body as ProblemBody).errors).toMatchObject([{ parameter: 'altText' }]);
    }
    await create(ada, 9, { 'Upload-Defer-Length': '1' }).expect(400);
  });

  test('by its first bytes ends the upload', async () => {
    const upload = await Raw.begin(stack, ada, 1_000);
    expect(codeOf(await upload.patch(0, Buffer.alloc(300, 65)).expect(415))).toBe('unsupported_media_type');
    await upload.head().expect(404);
  });

  test('are a wrong secret, a wrong offset, another type and too many bytes', async () => {
    const { bytes } = await drawn({ seed: 31 });
    const upload = await Raw.begin(stack, ada, bytes.length);
    await upload
      .at(upload.location.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A')))
      .head()
      .expect(404);
    await upload.at(upload.location.replace(/\?.*/, '')).head().expect(404);
    const response = await upload.patch(9, bytes).expect(409);
    expect((response.body as ProblemBody).params).toEqual({ offset: 0 });
    expect(response.headers['upload-offset']).toBe('0');
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
  const upload = await Raw.begin(stack, ada, bytes.length);
  const patched = await request(stack.url)
    .post(upload.location)
    .set({ 'Tus-Resumable': '1.0.0', 'Upload-Offset': '0', 'Content-Type': STREAM })
    .set('X-HTTP-Method-Override', 'PATCH')
    .send(bytes)
    .expect(204);
  const photo: Photo = await ada.settled({ id: patched.headers['narwhal-photo-id'] ?? '' });
  expect(photo.state).toBe('ready');
});
