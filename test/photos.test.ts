import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import request from 'supertest';
import sharp from 'sharp';
import { beforeAll, describe, expect, test } from 'vitest';
import { anId, faults, moment, refused } from './harness/answers.js';
import type { Photo } from './harness/contract.js';
import { signUp, type Person } from './harness/people.js';
import { drawn, photograph, photographsAreHere } from './harness/pictures.js';
import { sharedStack } from './harness/shared-stack.js';
import type { Stack } from './harness/stack.js';

let stack: Stack;
let ada: Person;
let grace: Person;
let seed = 200;

beforeAll(async () => {
  stack = await sharedStack();
  [ada, grace] = await Promise.all([signUp(stack, 'ada'), signUp(stack, 'grace')]);
});

const picture = (width = 300, height = 200) => drawn({ width, height, seed: (seed += 1) });
const uploading = (person: Person = ada) => person.request('post', '/v1/photos');
const sending = (bytes: Buffer, name = 'photo.jpg', contentType = 'image/jpeg') =>
  uploading().attach('file', bytes, { filename: name, contentType });

describe('an upload', () => {
  test('is answered while it is developed, and shown whole when it is ready', async () => {
    const { bytes } = await picture(1600, 900);
    const sent = await sending(bytes).field('altText', 'Fog').expect(202);
    expect(sent.body).toMatchObject({ id: anId, altText: 'Fog', createdAt: moment });
    const { id } = sent.body as Photo;
    expect(sent.headers['location']).toBe(`/v1/photos/${id}`);
    const rendition = (width: number, height: number, type: string) => ({
      url: expect.stringContaining(`${stack.url}/media/`) as string,
      width,
      height,
      type,
    });
    expect(await ada.settled({ id })).toEqual({
      id,
      state: 'ready',
      width: 1600,
      height: 900,
      altText: 'Fog',
      thumbhash: expect.stringMatching(/^[A-Za-z0-9+/]+=*$/) as string,
      color: expect.stringMatching(/^#[0-9a-f]{6}$/) as string,
      renditions: {
        square150: rendition(150, 150, 'image/webp'),
        w320: rendition(320, 180, 'image/webp'),
        w640: rendition(640, 360, 'image/webp'),
        w1080: rendition(1080, 608, 'image/webp'),
        jpeg1080: rendition(1080, 608, 'image/jpeg'),
      },
      rejection: null,
      createdAt: moment,
    });
  });

  test('says when to ask again while it is processed', async () => {
    await stack.worker.stop();
    try {
      const sent = await sending((await picture()).bytes).expect(202);
      expect(sent.headers['retry-after']).toBe('1');
      expect(sent.body).toMatchObject({
        state: 'processing',
        width: null,
        height: null,
        thumbhash: null,
        color: null,
        renditions: null,
        rejection: null,
      });
      const asked = await ada.request('get', `/v1/photos/${(sent.body as Photo).id}`);
      expect(asked.headers['retry-after']).toBe('1');
    } finally {
      await stack.worker.start();
    }
  });

  test('is 201 when it was ready within Prefer: wait, and 200 for bytes sent before', async () => {
    const { bytes } = await picture();
    const first = await sending(bytes).set('Prefer', 'wait=5').expect(201);
    expect(first.headers['preference-applied']).toBe('wait=5');
    expect(first.body).toMatchObject({ state: 'ready' });
    const second = await sending(bytes, 'again.jpg').expect(200);
    expect(second.body).toEqual(first.body);
    const hers = await uploading(grace).attach('file', bytes, 'mine.jpg').expect(202);
    expect((hers.body as Photo).id).not.toBe((first.body as Photo).id);
  });

  test('is waited for where it is read, too', async () => {
    const { id } = await ada.send(await picture(2000, 1500));
    const response = await ada.request('get', `/v1/photos/${id}`).set('Prefer', 'wait=5').expect(200);
    expect(response.body).toMatchObject({ state: 'ready' });
  });

  test.each(['png', 'webp', 'avif', 'gif'] as const)(
    'may be %s, whatever its name and type say',
    async (format) => {
      const { bytes } = await picture(200, 100);
      const photo = await sending(await sharp(bytes).toFormat(format).toBuffer()).set('Prefer', 'wait=5');
      expect(photo.body).toMatchObject({ state: 'ready', width: 200, height: 100 });
      const { renditions } = photo.body as Photo;
      expect(renditions?.w1080).toMatchObject({ width: 200, height: 100 });
      expect(renditions?.square150).toMatchObject({ width: 100, height: 100 });
    },
  );

  test.skipIf(!photographsAreHere)('stands upright as its camera meant it', async () => {
    const photo = await ada.upload(photograph('blackberry-6mp-orientation6.jpg'));
    expect(photo).toMatchObject({ state: 'ready', width: 1836, height: 3264 });
  });

  test('needs a token', async () => {
    const { bytes } = await picture();
    const response = await request(stack.url).post('/v1/photos').attach('file', bytes, 'photo.jpg');
    refused(response, 401, 'token_missing');
  });
});

describe('bad input', () => {
  /** The data that a refused upload must not change: the objects, and the photos in the database. */
  async function kept(): Promise<unknown[]> {
    await stack.quiet();
    const rows = await stack.database.query('SELECT id, state FROM photos ORDER BY id');
    const entries = readdirSync(stack.objects, { recursive: true, withFileTypes: true });
    return [
      rows,
      entries
        .filter((entry) => entry.isFile())
        .map(({ name, parentPath }) => join(parentPath, name))
        .sort(),
    ];
  }

  const text = Buffer.from('This is no photograph, whatever it is called. '.repeat(50));
  const junk = '--another-boundary\r\nwhatever';
  const parts = { text, nothing: Buffer.alloc(0) };

  test.each(['text', 'nothing'] as const)('a file of %s named .jpg is 415', async (which) => {
    const before = await kept();
    refused(await sending(parts[which]), 415, 'unsupported_media_type');
    expect(await kept()).toEqual(before);
  });

  test('no file, two files, and fields that are unknown or too long are 422', async () => {
    const before = await kept();
    const { bytes } = await picture();
    expect(faults(await uploading().field('altText', 'Nothing'))).toEqual(['/file required']);
    expect(faults(await sending(bytes).attach('file', bytes, 'two.jpg'))).toEqual(['/file too_many']);
    expect(faults(await sending(bytes).field('caption', 'Hm'))).toEqual(['/caption unknown_field']);
    expect(faults(await sending(bytes).field('altText', 'x'.repeat(1_001)))).toEqual(['/altText too_long']);
    expect(faults(await uploading().attach('photo', bytes, 'photo.jpg'))).toContain('/photo unknown_field');
    expect(await kept()).toEqual(before);
  });

  test('a body that is no form is 415, and a form without its boundary 400', async () => {
    const { bytes } = await picture();
    const as = (type: string, body: string | Buffer) => uploading().set('Content-Type', type).send(body);
    refused(await as('image/jpeg', bytes), 415, 'unsupported_media_type');
    refused(await as('application/json', '{}'), 415, 'unsupported_media_type');
    refused(await as('multipart/form-data', junk), 400, 'request_invalid');
    refused(await uploading(), 415, 'unsupported_media_type');
    refused(await as('multipart/form-data; boundary=mine', junk), 400, 'request_invalid');
  });

  test('an image that declares 50,000 x 50,000 pixels is rejected', async () => {
    const { bytes } = await picture();
    // The frame header of a JPEG: marker, length, precision, height, width.
    const frame = bytes.indexOf(Buffer.from([0xff, 0xc0]));
    bytes.writeUInt16BE(50_000, frame + 5);
    bytes.writeUInt16BE(50_000, frame + 7);
    const response = await sending(bytes).set('Prefer', 'wait=5').expect(202);
    const photo = await ada.settled(response.body as Photo);
    expect(photo).toMatchObject({ state: 'rejected', renditions: null });
    expect(photo.rejection).toEqual({
      code: 'too_many_pixels',
      detail: expect.any(String) as string,
    });
  });

  test('an image that is cut short is rejected', async () => {
    const { bytes } = await picture(1200, 800);
    const photo = await ada.settled((await sending(bytes.subarray(0, bytes.length / 3))).body as Photo);
    expect(photo).toMatchObject({ state: 'rejected', rejection: { code: 'photo_damaged' } });
  });

  test.skipIf(!photographsAreHere)('a damaged photograph is refused, and hurts nobody', async () => {
    const names = [
      'truncated.jpg',
      'corrupt-scan.jpg',
      'declares-huge-size.jpg',
      'fuzzed-1.bin',
      'fuzzed-2.bin',
    ];
    for (const name of names) {
      const response = await sending(photograph(`broken/${name}`).bytes);
      if (response.status === 415) continue;
      expect(response.status).toBe(202);
      expect((await ada.settled(response.body as Photo)).state).toBe('rejected');
    }
    expect(await ada.upload(await picture())).toMatchObject({ state: 'ready' });
  });
});

describe('a photo', () => {
  test('is its owner’s alone until a post shows it', async () => {
    const photo = await ada.upload(await picture());
    const path = `/v1/photos/${photo.id}`;
    const readers = [() => grace.request('get', path), () => request(stack.url).get(path)];
    for (const read of readers) refused(await read(), 404, 'not_found');
    refused(await grace.request('patch', path, { altText: 'Mine' }), 404, 'not_found');
    refused(await grace.request('delete', path), 404, 'not_found');
    await ada.post([photo]);
    for (const read of readers) expect((await read().expect(200)).body).toMatchObject({ id: photo.id });
  });

  test('is described anew, and answers 304 until then', async () => {
    const photo = await ada.upload(await picture(), { altText: 'A boat' });
    const path = `/v1/photos/${photo.id}`;
    const { headers } = await ada.request('get', path);
    const again = () => ada.request('get', path).set('If-None-Match', String(headers['etag']));
    expect((await again().expect(304)).headers['cache-control']).toBe('private, no-cache');
    expect((await ada.request('patch', path, { altText: 'A ship' })).body).toMatchObject({
      altText: 'A ship',
    });
    expect((await again().expect(200)).body).toMatchObject({ altText: 'A ship' });
    expect((await ada.request('patch', path, { altText: null })).body).toMatchObject({ altText: null });
    await ada.request('patch', path, { altText: 'A raft' }).expect(200);
    expect((await ada.request('patch', path, {}).expect(200)).body).toMatchObject({ altText: 'A raft' });
    refused(await grace.request('patch', path, {}), 404, 'not_found');
    expect(faults(await ada.request('patch', path, { width: 1 }))).toContain('/width unknown_field');
  });

  test('is deleted while no post shows it, and may be deleted again', async () => {
    const photo = await ada.upload(await picture());
    await ada.request('delete', `/v1/photos/${photo.id}`).expect(204);
    await ada.request('delete', `/v1/photos/${photo.id}`).expect(204);
    refused(await ada.request('get', `/v1/photos/${photo.id}`), 404, 'not_found');
    const shown = await ada.upload(await picture());
    await ada.post([shown]);
    refused(await ada.request('delete', `/v1/photos/${shown.id}`), 409, 'photo_in_use');
  });

  test('is read with up to 49 others, in the order asked for, without what is hidden or is none', async () => {
    const [one, two, hers] = [
      await ada.upload(await picture()),
      await ada.upload(await picture()),
      await grace.upload(await picture()),
    ];
    const ids = [two.id, 'none', hers.id, '1', one.id, two.id].join(',');
    const response = await ada.request('get', `/v1/photos?ids=${ids}`).expect(200);
    expect((response.body as { items: Photo[] }).items.map(({ id }) => id)).toEqual([two.id, one.id]);
    const repeated = await ada.request('get', `/v1/photos?ids=${two.id}&ids=${one.id}`).expect(200);
    expect(repeated.body).toEqual(response.body);
    const many = Array.from({ length: 51 }, (_, index) => String(index + 1)).join(',');
    expect(faults(await ada.request('get', `/v1/photos?ids=${many}`))).toEqual(['ids too_many']);
  });
});
