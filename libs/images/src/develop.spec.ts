import sharp, { type Sharp } from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Developing, type Made } from '../../../test/fixtures/developing.js';
import { plain, quarters } from '../../../test/fixtures/photos.js';
import { DevelopPool } from './develop-pool.js';
import type { Developed } from './developed.js';

const COLOR = '#c83c28';

const photos = new Developing((childFile) => new DevelopPool({ concurrency: 1, childFile }));
beforeAll(() => photos.start());
afterAll(() => photos.stop());

let made: Made<Developed>;
async function developed(photo: Buffer | Sharp): Promise<Developed> {
  made = await photos.develop(photo);
  return made.result;
}

const rendition = (file: string) => made.pixels(file);

/** Distance of a rendition's middle from a colour, on the worst channel. */
async function distance(file: string, color: string): Promise<number> {
  const { data, info } = await rendition(file);
  const at = ((info.height >> 1) * info.width + (info.width >> 1)) * info.channels;
  const wanted = Buffer.from(color.slice(1), 'hex');
  return Math.max(...wanted.map((value, channel) => Math.abs(value - (data[at + channel] ?? 0))));
}

describe('develop', () => {
  it.each(['jpeg', 'png', 'webp', 'avif', 'gif'] as const)(
    'makes every rendition of a %s',
    async (format) => {
      const result = await developed(plain(1500, 1000, COLOR).toFormat(format));
      expect(result).toMatchObject({ width: 1500, height: 1000 });
      expect(
        Object.entries(result.renditions).map(([name, { width, height, type }]) => [
          name,
          width,
          height,
          type,
        ]),
      ).toEqual([
        ['square64', 64, 64, 'image/webp'],
        ['square150', 150, 150, 'image/webp'],
        ['square320', 320, 320, 'image/webp'],
        ['w320', 320, 213, 'image/webp'],
        ['w640', 640, 427, 'image/webp'],
        ['w1080', 1080, 720, 'image/webp'],
        ['jpeg1080', 1080, 720, 'image/jpeg'],
      ]);
      for (const { file, bytes, ...rest } of Object.values(result.renditions)) {
        const { format: written, width, height, size } = await sharp(await made.read(file)).metadata();
        expect({ type: `image/${written}`, width, height, bytes: size }).toEqual({ ...rest, bytes });
        expect(await distance(file, COLOR)).toBeLessThan(6);
      }
      expect(result.thumbhash).toMatch(/^[A-Za-z0-9+/]{20,40}=*$/);
      expect(result.color).toMatch(/^#c[5-9a-c][34][0-9a-f][23][0-9a-f]$/);
    },
  );

  it.each(
    (['jpeg', 'png', 'webp'] as const).flatMap((format) =>
      [1, 2, 3, 4, 5, 6, 7, 8].map((orientation) => [format, orientation] as const),
    ),
  )('turns a %s of orientation %i upright', async (format, orientation) => {
    const image = quarters(140, 100).withMetadata({ orientation });
    const stored = await image.toFormat(format, { quality: 95 }).toBuffer();
    const result = await developed(stored);
    expect(result).toMatchObject(orientation < 5 ? { width: 140, height: 100 } : { width: 100, height: 140 });
    const expected = await sharp(stored).autoOrient().raw().toBuffer();
    const { data, info } = await rendition('jpeg1080.jpg');
    expect(info).toMatchObject({ width: result.width, height: result.height });
    const difference =
      data.reduce((sum, value, at) => sum + Math.abs(value - (expected[at] ?? 0)), 0) / data.length;
    expect(difference).toBeLessThan(4);
  });

  it.each<[string, (photo: Sharp) => Sharp, string]>([
    ['Display P3', (photo) => photo.withIccProfile('p3').png(), COLOR],
    ['Display P3, as a JPEG', (photo) => photo.withIccProfile('p3').jpeg({ quality: 100 }), COLOR],
    // There and back through the library's own CMYK profile, this red becomes this.
    ['CMYK', (photo) => photo.withIccProfile('cmyk').jpeg({ quality: 100 }), '#c43713'],
    ['16 bits', (photo) => photo.toColourspace('rgb16').png(), COLOR],
    ['a palette', (photo) => photo.png({ palette: true }), COLOR],
    ['greys', (photo) => photo.toColourspace('b-w').png(), '#6b6b6b'],
    ['greys, as a JPEG', (photo) => photo.toColourspace('b-w').jpeg(), '#6b6b6b'],
    ['greys of 16 bits', (photo) => photo.toColourspace('grey16').png(), '#6b6b6b'],
  ])('keeps the colours of %s', async (_, make, expected) => {
    await developed(make(plain(300, 200, COLOR)));
    for (const file of ['w320.webp', 'jpeg1080.jpg']) expect(await distance(file, expected)).toBeLessThan(8);
  });

  it('lays what is transparent on white', async () => {
    const glass = {
      create: { width: 200, height: 200, channels: 4 as const, background: { r: 0, g: 0, b: 0, alpha: 0 } },
    };
    for (const format of ['png', 'webp', 'gif'] as const) {
      await developed(sharp(glass).toFormat(format));
      expect(await distance('w320.webp', '#ffffff')).toBeLessThan(3);
    }
  });

  it.each(['gif', 'webp'] as const)('takes the first frame of an animated %s', async (format) => {
    const frames = await Promise.all(
      [COLOR, '#0000ff'].map((color) => plain(90, 60, color).png().toBuffer()),
    );
    const result = await developed(sharp(frames, { join: { animated: true } }).toFormat(format));
    expect(result).toMatchObject({ width: 90, height: 60 });
    expect(await distance('w320.webp', COLOR)).toBeLessThan(8);
  });

  it.each([
    [1, 1],
    [10_000, 10],
    [10, 10_000],
    [3_000, 200],
    [1_080, 20_000],
  ])('bears the shape %i x %i', async (width, height) => {
    const result = await developed(quarters(width, height).png({ compressionLevel: 1 }));
    expect(result).toMatchObject({ width, height });
    for (const { file, ...size } of Object.values(result.renditions)) {
      expect(size.width).toBeLessThanOrEqual(Math.min(1_080, width));
      expect((await rendition(file)).info).toMatchObject({ width: size.width, height: size.height });
    }
    expect(result.renditions.square150.width).toBe(Math.min(150, width, height));
  });
});
