import { join } from 'node:path';
import sharp, { type Sharp } from 'sharp';

/** The renditions by plain sharp: the same sizes, settings and bytes. */
const outputs: [file: string, width: number, height: number | undefined, encode: (image: Sharp) => Sharp][] =
  [
    ['square64.webp', 64, 64, toSmallWebp],
    ['square150.webp', 150, 150, toSmallWebp],
    ['square320.webp', 320, 320, toWebp],
    ['w320.webp', 320, undefined, toWebp],
    ['w640.webp', 640, undefined, toWebp],
    ['w1080.webp', 1_080, undefined, toWebp],
    ['jpeg1080.jpg', 1_080, undefined, (image) => image.jpeg({ quality: 80, progressive: true })],
  ];

function toWebp(image: Sharp): Sharp {
  return image.webp({ quality: 80, effort: 4, preset: 'photo' });
}

function toSmallWebp(image: Sharp): Sharp {
  return image.webp({ quality: 80, effort: 4 });
}

/** The floor: decodes the photo once, in this process, and makes everything from those pixels. */
export async function plainSharp(path: string, folder: string): Promise<void> {
  const upright = sharp(path).autoOrient().flatten({ background: '#ffffff' });
  const { data, info } = await upright
    .resize({ width: 1_080, withoutEnlargement: true })
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true });
  const raw = { width: info.width, height: info.height, channels: info.channels };
  await Promise.all(
    outputs.map(([file, width, height, encode]) =>
      encode(sharp(data, { raw }).resize({ width, height, withoutEnlargement: true })).toFile(
        join(folder, file),
      ),
    ),
  );
}

/** The naive way: every rendition from the file. */
export async function naive(path: string, folder: string): Promise<void> {
  await Promise.all(
    outputs.map(([file, width, height, encode]) => {
      const upright = sharp(path).autoOrient().flatten({ background: '#ffffff' });
      const resized = upright.resize({ width, height, withoutEnlargement: true }).toColourspace('srgb');
      return encode(resized).toFile(join(folder, `naive-${file}`));
    }),
  );
}
