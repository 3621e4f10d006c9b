import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp, { type Sharp } from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ciede2000, pictureDifference, type Lab } from '../../../test/fixtures/ciede2000.js';
import { Developing } from '../../../test/fixtures/developing.js';
import { hasRealPhotos, realPhotos } from '../../../test/fixtures/photos.js';
import { DevelopPool } from './develop-pool.js';
import { nativeHeifTool } from './heic-native.js';

describe('CIEDE2000', () => {
  // From the table of Sharma, Wu and Dalal (2005): pairs that expose wrong implementations.
  it.each<[Lab, Lab, number]>([
    [[50, 2.6772, -79.7751], [50, 0, -82.7485], 2.0425],
    [[50, 3.1571, -77.2803], [50, 0, -82.7485], 2.8615],
    [[50, -1.3802, -84.2814], [50, 0, -82.7485], 1],
    [[50, 0, 0], [50, -1, 2], 2.3669],
    [[50, 2.49, -0.001], [50, -2.49, 0.0009], 7.1792],
    [[50, 2.49, -0.001], [50, -2.49, 0.0011], 7.2195],
    [[50, -0.001, 2.49], [50, 0.0009, -2.49], 4.8045],
    [[50, 2.5, 0], [50, 0, -2.5], 4.3065],
    [[50, 2.5, 0], [73, 25, -18], 27.1492],
    [[50, 2.5, 0], [58, 24, 15], 19.4535],
    [[60.2574, -34.0099, 36.2677], [60.4626, -34.1751, 39.4387], 1.2644],
    [[22.7233, 20.0904, -46.694], [23.0331, 14.973, -42.5619], 2.0373],
    [[90.8027, -2.0831, 1.441], [91.1528, -1.6435, 0.0447], 1.4441],
    [[2.0776, 0.0795, -1.135], [0.9033, -0.0636, -0.5514], 0.9082],
  ])('of %j and %j is %d', (one, other, expected) => {
    expect(ciede2000(one, other)).toBeCloseTo(expected, 4);
    expect(ciede2000(other, one)).toBeCloseTo(expected, 4);
  });
});

const magick = ['/usr/bin/magick', '/usr/bin/convert', '/opt/homebrew/bin/magick'].find((path) =>
  existsSync(path),
);

/** Soft patches of many colours, the same in every run: with random ones the bound would fail now and then. */
async function patches(width: number, height: number): Promise<Sharp> {
  let state = 20_261_122;
  // The generator of Park and Miller (1988).
  const next = () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
  const coarse = Buffer.from(Array.from({ length: 48 * 36 * 3 }, () => 40 + Math.floor(next() * 180)));
  const soft = sharp(coarse, { raw: { width: 48, height: 36, channels: 3 } });
  return sharp(await soft.resize(width, height, { fit: 'fill', kernel: 'cubic' }).png().toBuffer());
}

describe.skipIf(!magick)('colours are those that ImageMagick makes with lcms', () => {
  const photos = new Developing((childFile) => new DevelopPool({ concurrency: 1, childFile }));
  let folder: string;
  beforeAll(async () => {
    sharp.cache(false);
    await photos.start();
    folder = await mkdtemp(join(tmpdir(), 'narwhal-colour-'));
    const dot = sharp({ create: { width: 1, height: 1, channels: 3, background: '#000' } });
    const { icc } = await sharp(await dot.withIccProfile('srgb').png().toBuffer()).metadata();
    await writeFile(join(folder, 'srgb.icc'), icc ?? '');
  });
  afterAll(async () => {
    await photos.stop();
    await rm(folder, { recursive: true });
  });

  /** A quarter of the size: it hides most of a rendition's compression error, but no colour error. */
  const small = (data: Buffer, width: number, height: number) =>
    sharp(data, { raw: { width, height, channels: 3 } })
      .resize(Math.ceil(width / 4), Math.ceil(height / 4), { fit: 'fill' })
      .raw()
      .toBuffer();

  async function expectSameColours(path: string, reference = path): Promise<void> {
    const { data, info } = await (await photos.develop(path)).pixels('jpeg1080.jpg');
    const { width, height } = info;
    const size = ['-filter', 'Lanczos', '-resize', `${width}x${height}!`];
    const toSrgb = [
      '-background',
      'white',
      '-flatten',
      '-intent',
      'Perceptual',
      '-profile',
      join(folder, 'srgb.icc'),
    ];
    const raw = ['-depth', '8', 'rgb:-'];
    const expected = execFileSync(magick ?? '', [`${reference}[0]`, ...toSrgb, ...size, ...raw], {
      maxBuffer: 1e8,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    expect(expected.length).toBe(data.length);
    const { mean, p99 } = pictureDifference(
      await small(data, width, height),
      await small(expected, width, height),
    );
    expect(mean).toBeLessThan(1);
    // Measured: P3 0.31 and 0.80, Adobe RGB 0.27 and 0.70, CMYK 0.29 and 1.1 (a photo), 0.89 and 3.2 (made), HEIC 0.40 and 1.4.
    expect(p99).toBeLessThan(3.5);
  }

  it.each<[string, (photo: Sharp) => Sharp]>([
    ['Display P3', (photo) => photo.withIccProfile('p3').png()],
    ['Display P3 of 16 bits', (photo) => photo.toColourspace('rgb16').withIccProfile('p3').png()],
    ['CMYK', (photo) => photo.withIccProfile('cmyk').jpeg({ quality: 100 })],
    ['Display P3, as a WebP', (photo) => photo.withIccProfile('p3').webp({ quality: 100 })],
    ['no profile', (photo) => photo.png()],
    ['16 bits', (photo) => photo.toColourspace('rgb16').png()],
    ['greys', (photo) => photo.toColourspace('b-w').png()],
    ['a palette', (photo) => photo.png({ palette: true })],
    ['alpha', (photo) => photo.ensureAlpha(0.5).png()],
  ])('of a made photo: %s', async (_, make) => {
    const path = join(folder, 'made');
    await writeFile(path, await make(await patches(320, 240)).toBuffer());
    await expectSameColours(path);
  });

  it('of an AVIF of ten bits in Display P3', async () => {
    const photo = (await patches(320, 240)).withIccProfile('p3');
    const path = join(folder, 'ten-bit');
    await writeFile(path, await photo.clone().avif({ quality: 100, bitdepth: 10, effort: 0 }).toBuffer());
    // ImageMagick 6 reads AVIF without its profile: so it gets the same numbers, in a PNG with the profile.
    const reference = join(folder, 'ten-bit.png');
    await writeFile(reference, await photo.clone().png().toBuffer());
    await expectSameColours(path, reference);
  });

  it.skipIf(!hasRealPhotos).each(['canon-7d-adobergb.jpg', 'cmyk-swop-multi-icc.jpg'])(
    'of %s',
    async (name) => expectSameColours(join(realPhotos, name)),
  );

  it.skipIf(!hasRealPhotos || !nativeHeifTool)(
    'of an iPhone’s HEIC',
    async () => {
      const path = join(realPhotos, 'iphone-12mp-displayp3-gps.heic');
      // ImageMagick reads HEIC without its profile; libheif's own tool converts it to a PNG that keeps it.
      const reference = join(folder, 'reference.png');
      execFileSync(nativeHeifTool ?? '', [path, reference], { stdio: 'ignore' });
      await expectSameColours(path, reference);
    },
    120_000,
  );
});
