import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import exifr from 'exifr';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Developing } from '../../../test/fixtures/developing.js';
import { heic } from '../../../test/fixtures/heif-boxes.js';
import { commentedGif } from '../../../test/fixtures/hostile.js';
import { hasRealPhotos, plain, quarters, realPhotos } from '../../../test/fixtures/photos.js';
import { DevelopPool } from './develop-pool.js';

/** Everything that exifr can find; it reads no WebP, whose chunks are listed here. */
const EVERYTHING = {
  tiff: true,
  exif: true,
  gps: true,
  ifd1: true,
  xmp: true,
  iptc: true,
  icc: true,
  jfif: false,
};
const SECRET = 'at-home-with-ada';

const photos = new Developing((childFile) => new DevelopPool({ concurrency: 2, childFile }));
beforeAll(() => photos.start());
afterAll(() => photos.stop());

/** The chunk types of a WebP, or the segment types of a JPEG up to the first scan. */
function partsOf(bytes: Buffer): string[] {
  const parts: string[] = [];
  if (bytes.toString('latin1', 0, 4) === 'RIFF') {
    for (let at = 12; at < bytes.length; at += 8 + ((bytes.readUInt32LE(at + 4) + 1) & ~1)) {
      parts.push(bytes.toString('latin1', at, at + 4).trim());
    }
    return parts;
  }
  for (let at = 2; bytes[at + 1] !== 0xda; at += 2 + bytes.readUInt16BE(at + 2)) {
    parts.push((bytes[at + 1] ?? 0).toString(16));
  }
  return parts;
}

/** JFIF's header, quantisation, Huffman and frame: no Exif or XMP (e1), ICC (e2), IPTC (ed), Adobe (ee), comment (fe). */
const JPEG_PARTS = new Set(['e0', 'db', 'c0', 'c2', 'c4', 'dd']);

async function expectBare(photo: string | Buffer): Promise<void> {
  const { result, read } = await photos.develop(photo);
  for (const { file, type } of Object.values(result.renditions)) {
    const bytes = await read(file);
    const parts = partsOf(bytes);
    if (type === 'image/jpeg') expect(await exifr.parse(bytes, EVERYTHING)).toBeUndefined();
    if (type === 'image/webp') expect(parts).toEqual(['VP8']);
    else expect(parts.filter((part) => !JPEG_PARTS.has(part))).toEqual([]);
    expect(bytes.toString('latin1')).not.toMatch(
      new RegExp(`${SECRET}|http:|Exif|ICC_PROFILE|xpacket|original`),
    );
  }
}

describe('a rendition carries nothing of its original but the picture', () => {
  it.each(['jpeg', 'png', 'webp', 'avif'] as const)(
    'of a %s with everything that can be attached',
    async (format) => {
      const photo = await quarters(700, 500)
        .withExif({
          IFD0: { Copyright: SECRET, ImageDescription: SECRET },
          IFD3: { GPSLatitudeRef: 'N', GPSLatitude: '51/1 30/1 3230/100' },
        })
        .withXmp(`<x:xmpmeta xmlns:x="adobe:ns:meta/"><a>${SECRET}</a></x:xmpmeta>`)
        .withIccProfile('p3')
        .toFormat(format)
        .toBuffer();
      expect(photo.includes(SECRET)).toBe(true);
      await expectBare(photo);
    },
  );

  it.each(['gif', 'webp'] as const)(
    'of an animated %s with everything that can be attached',
    async (format) => {
      const frames = await Promise.all(
        ['#c83c28', '#0000ff'].map((color) => plain(90, 60, color).png().toBuffer()),
      );
      const animated = sharp(frames, { join: { animated: true } })
        .withExif({
          IFD0: { Copyright: SECRET },
          IFD3: { GPSLatitudeRef: 'N', GPSLatitude: '51/1 30/1 0/1' },
        })
        .withXmp(`<x:xmpmeta xmlns:x="adobe:ns:meta/"><a>${SECRET}</a></x:xmpmeta>`);
      const photo = await animated.toFormat(format).toBuffer();
      const told = format === 'gif' ? commentedGif(photo, SECRET) : photo;
      expect(told.includes(SECRET)).toBe(true);
      expect(await sharp(told).metadata()).toMatchObject({ pages: 2 });
      await expectBare(told);
    },
  );

  it
    .skipIf(!hasRealPhotos)
    .each(
      hasRealPhotos ? readdirSync(realPhotos).filter((name) => /\.(jpg|png|webp|avif|heic)$/.test(name)) : [],
    )('of %s', async (name) => expectBare(join(realPhotos, name)));

  it.each(['p3', 'turned', 'two'] as const)('of the small HEIC %s', async (name) => {
    await expectBare(heic(name));
  });

  it('which the parser would have found', async () => {
    const told = await quarters(70, 50)
      .withExif({ IFD0: { Copyright: SECRET } })
      .jpeg()
      .toBuffer();
    expect(await exifr.parse(told, EVERYTHING)).toMatchObject({ Copyright: SECRET });
  });
});
