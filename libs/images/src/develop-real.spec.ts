import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Developing } from '../../../test/fixtures/developing.js';
import { hasRealPhotos, realPhotos } from '../../../test/fixtures/photos.js';
import { DevelopPool } from './develop-pool.js';

describe.skipIf(!hasRealPhotos)('develop, on photos of real cameras', () => {
  const photos = new Developing((childFile) => new DevelopPool({ concurrency: 2, childFile }));
  beforeAll(() => photos.start());
  afterAll(() => photos.stop());

  const developed = (name: string) => photos.develop(join(realPhotos, name));

  it.each([
    ['20mp.avif', 5472, 3648],
    ['animated.webp', 320, 240],
    ['blackberry-6mp-orientation6.jpg', 1836, 3264],
    ['canon-7d-adobergb.jpg', 600, 900],
    ['cmyk-swop-multi-icc.jpg', 140, 140],
    ['galaxy-s7-12mp-gps.jpg', 4032, 3024],
    ['iphone5-8mp-orientation3-gps.jpg', 3264, 2448],
    ['nikon-10mp-orientation6.webp', 2736, 3648],
    ['screenshot.png', 350, 490],
  ])('%s is %i x %i as seen', async (name, width, height) => {
    const { result, pixels } = await developed(name);
    expect(result).toMatchObject({ width, height });
    // The same picture by the library's direct way: upright, through its profile, on white.
    const { w320 } = result.renditions;
    const straight = sharp(join(realPhotos, name))
      .autoOrient()
      .flatten({ background: '#fff' })
      .toColourspace('srgb');
    const expected = await straight.resize(w320.width, w320.height, { fit: 'fill' }).raw().toBuffer();
    const { data: actual } = await pixels(w320.file);
    const difference =
      actual.reduce((sum, value, at) => sum + Math.abs(value - (expected[at] ?? 0)), 0) / actual.length;
    expect(actual.length).toBe(expected.length);
    expect(difference).toBeLessThan(6);
  });

  it('reads the HEIC of an iPhone', async () => {
    const { result } = await developed('iphone-12mp-displayp3-gps.heic');
    expect(result).toMatchObject({ width: 4032, height: 3024 });
    expect(result.renditions.w1080).toMatchObject({ width: 1080, height: 810 });
  });

  it('refuses everything that is broken, each with a code', async () => {
    const names = await readdir(join(realPhotos, 'broken'));
    const codes = new Map<string, unknown>();
    for (const name of names) {
      const code: unknown = await developed(join('broken', name)).catch(
        (error: { code?: string }) => error.code,
      );
      codes.set(name.replace(/-\d\.bin/, ''), code);
    }
    expect(Object.fromEntries(codes)).toEqual({
      'corrupt-scan.jpg': 'photo_damaged',
      'declares-huge-size.jpg': 'not_a_photo',
      fuzzed: 'not_a_photo',
      'truncated.jpg': 'photo_damaged',
    });
  });
});
