import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Developing, usualLimits as limits } from '../../../test/fixtures/developing.js';
import { declaredPng, notPhotos, plain, quarters } from '../../../test/fixtures/photos.js';
import { patient } from '../../../test/harness/pace.js';
import { DevelopPool } from './develop-pool.js';
import { develop } from './develop.js';
import { DevelopFailed, PhotoRejected } from './faults.js';

vi.setConfig({ testTimeout: patient(120_000) });

const shape = { width: 300, height: 200, channels: 3 as const, background: '#000' };
const grainy = { create: { ...shape, noise: { type: 'gaussian' as const, mean: 128, sigma: 40 } } };

let pool: DevelopPool;
const photos = new Developing((childFile) => (pool = new DevelopPool({ concurrency: 2, childFile })));
beforeAll(() => photos.start());
afterAll(() => photos.stop());

/** The code with which a photo is rejected, or `taken`. */
async function outcome(photo: Uint8Array, pixels = limits.pixels, avifPixels = pixels): Promise<string> {
  try {
    await photos.develop(photo, { pixels, avifPixels });
    return 'taken';
  } catch (error) {
    if (!(error instanceof PhotoRejected)) throw error;
    expect(error.message).not.toMatch(/vips|\/tmp/i);
    return error.code;
  }
}

describe('develop refuses', () => {
  it.each(Object.entries(notPhotos))('%s', async (_, bytes) => {
    expect(await outcome(bytes)).toBe('not_a_photo');
  });

  it('formats that are not taken', async () => {
    expect(await outcome(await plain(9, 9, '#123456').tiff().toBuffer())).toBe('format_not_supported');
  });

  it('more pixels than the limit, before it decodes any', async () => {
    expect(await outcome(declaredPng(50_000, 50_000))).toBe('too_many_pixels');
    const gif = Buffer.from(
      'GIF89a\xff\xff\xff\xff\x80\0\0\0\0\0\xff\xff\xff,\0\0\0\0\xff\xff\xff\xff\0\x02\x02D\x01\0;',
      'latin1',
    );
    expect(await outcome(gif)).toBe('too_many_pixels');
    const photo = await plain(100, 80, '#123456').jpeg().toBuffer();
    expect(await outcome(photo, 7_999)).toBe('too_many_pixels');
    expect(await outcome(photo, 8_000)).toBe('taken');
    const avif = await plain(100, 80, '#123456').avif().toBuffer();
    expect(await outcome(avif, limits.pixels, 7_999)).toBe('too_many_pixels');
    expect(await outcome(avif, limits.pixels, 8_000)).toBe('taken');
    expect(await outcome(photo, limits.pixels, 7_999)).toBe('taken');
  });

  it('a size that nobody means, with next to no pixels in it', async () => {
    expect(await outcome(declaredPng(16_000, 16_000))).toBe('photo_damaged');
  });

  it('what begins as a photo and goes on as something else', async () => {
    const jpeg = await quarters(300, 200).jpeg().toBuffer();
    const page = Buffer.from('<html><script>alert(1)</script></html>'.repeat(50));
    expect(await outcome(Buffer.concat([jpeg.subarray(0, 4), page]))).toBe('photo_damaged');
    expect(await outcome(Buffer.concat([jpeg.subarray(0, 700), page]))).toBe('photo_damaged');
    expect(await outcome(Buffer.concat([jpeg, page]))).toBe('taken');
  });

  it('a JPEG with a hole in it, yet none for the slips of real cameras', async () => {
    const photo = await sharp(grainy).jpeg().toBuffer();
    const scan = photo.indexOf(Buffer.from([0xff, 0xda]));
    const hole = Buffer.from(photo).fill(0, scan + 2_000, scan + 4_000);
    expect(await outcome(hole)).toBe('photo_damaged');

    const stray = Buffer.concat([photo.subarray(0, scan), Buffer.alloc(4), photo.subarray(scan)]);
    expect(await outcome(stray)).toBe('taken');
    const wrongEnd = Buffer.from(photo).fill(0, scan + 12, scan + 13);
    expect(await outcome(wrongEnd)).toBe('taken');
  });

  it('no JPEG for its end marker alone, but every one with a scan or a part of one missing', async () => {
    for (const progressive of [false, true]) {
      const photo = await sharp(grainy).jpeg({ progressive }).toBuffer();
      expect([progressive, await outcome(photo.subarray(0, -2))]).toEqual([progressive, 'taken']);
      expect(await outcome(photo.subarray(0, -1))).toBe('taken');
      expect(await outcome(photo.subarray(0, -40))).toBe('photo_damaged');
    }
    const photo = await sharp(grainy).jpeg({ progressive: true }).toBuffer();
    const last = photo.lastIndexOf(Buffer.from([0xff, 0xda]));
    expect(await outcome(photo.subarray(0, last))).toBe('photo_damaged');
  });

  it.each(['jpeg', 'png', 'webp', 'avif', 'gif'] as const)('a %s cut off anywhere', async (format) => {
    const photo = await sharp(grainy).toFormat(format).toBuffer();
    expect(await outcome(photo)).toBe('taken');
    // PNG and GIF end in a few bytes that hold no pixels.
    const points = Array.from({ length: 200 }, (_, index) => Math.floor(((photo.length - 16) * index) / 199));
    for (const point of points) {
      const expected = point < 12 ? 'not_a_photo' : 'photo_damaged';
      expect([point, await outcome(photo.subarray(0, point))]).toEqual([point, expected]);
    }
  });
});

describe('what is not the photo’s fault is no rejection', () => {
  it('no input, or nowhere to write', async () => {
    const { folder } = await photos.develop(plain(9, 9, '#123456').png());
    const absent = join(folder, 'absent');
    const missing = pool.develop({ inputPath: absent, outputFolder: folder, limits });
    await expect(missing).rejects.toThrow(DevelopFailed);
    await expect(missing).rejects.toThrow('ENOENT');
    const nowhere = photos.develop(plain(9, 9, '#123456').png(), { outputFolder: absent });
    await expect(nowhere).rejects.toThrow(DevelopFailed);
    await expect(nowhere).rejects.toThrow('ENOENT');
    expect(await readdir(folder)).not.toContain('absent');
  });
});

it('no photo is opened by a process that has not shut the library’s other loaders', async () => {
  const request = { inputPath: '/dev/null', outputFolder: '/', limits };
  await expect(develop(request)).rejects.toThrow('prepareLibrary');
});
