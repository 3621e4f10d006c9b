import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import sharp, { type Sharp } from 'sharp';
import { madePhoto } from '../test/fixtures/photos.ts';

const real = new URL('../../shared/photos/', import.meta.url).pathname;

/** Real photos, with their shares out of twenty: mostly what phones send. */
const shares: [name: string, times: number][] = [
  ['galaxy-s7-12mp-gps.jpg', 5],
  ['iphone-12mp-displayp3-gps.heic', 4],
  ['iphone5-8mp-orientation3-gps.jpg', 2],
  ['blackberry-6mp-orientation6.jpg', 1],
  ['nikon-10mp-orientation6.webp', 1],
  ['20mp.avif', 1],
];

const made: [name: string, width: number, height: number, encode: (image: Sharp) => Sharp][] = [
  ['48mp.jpg', 8_064, 6_048, (image) => image.jpeg({ quality: 85 })],
  ['48mp-progressive.jpg', 8_064, 6_048, (image) => image.jpeg({ quality: 85, progressive: true })],
  ['48mp.webp', 8_064, 6_048, (image) => image.webp({ quality: 75, effort: 0 })],
  // From a camera; photos with more pixels than this are rejected.
  ['24mp.avif', 6_000, 4_000, (image) => image.avif({ quality: 50, effort: 0, chromaSubsampling: '4:2:0' })],
  ['12mp.png', 4_032, 3_024, (image) => image.png({ compressionLevel: 1 })],
  ['12mp-interlaced.png', 4_032, 3_024, (image) => image.png({ compressionLevel: 1, progressive: true })],
];

/** As a 48 MP phone would write it, but without tiles, which is harder on its decoder; only where libheif's encoder is installed. */
const heicEncoder = ['/usr/bin/heif-enc', '/opt/homebrew/bin/heif-enc'].find((path) => existsSync(path));

async function largeHeic(source: Buffer, folder: string): Promise<string[]> {
  if (!heicEncoder) return [];
  const [png, heic] = ['48mp.png', '48mp.heic'].map((name) => join(folder, name)) as [string, string];
  await sharp(source).resize(8_064, 6_048, { kernel: 'linear' }).png({ compressionLevel: 1 }).toFile(png);
  await promisify(execFile)(heicEncoder, ['-q', '50', '-p', 'preset=ultrafast', png, '-o', heic]);
  await rm(png);
  return [heic];
}

/** Some twenty paths in a fixed, mixed order, to be cycled through. */
export async function mixedPhotos(folder: string): Promise<string[]> {
  sharp.cache(false);
  const paths = shares.flatMap(([name, times]) =>
    existsSync(join(real, name)) ? Array.from({ length: times }, () => join(real, name)) : [],
  );
  if (paths.length === 0) console.log('../shared/photos is absent: made photos alone');
  const source = await (await madePhoto(2_016, 1_512)).jpeg({ quality: 92 }).toBuffer();
  for (const [name, width, height, encode] of made) {
    const path = join(folder, name);
    await encode(sharp(source).resize(width, height, { kernel: 'linear' })).toFile(path);
    paths.push(path);
  }
  paths.push(...(await largeHeic(source, folder)));
  // A stride of eleven visits every place once, since eleven does not divide 21, 20, 7 or 6.
  return paths.map((_, index) => paths[(index * 11) % paths.length] ?? '');
}
