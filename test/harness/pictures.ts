import { existsSync, readFileSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import sharp from 'sharp';
import { root } from '../../tools/dev/install.mjs';

export interface Picture {
  name: string;
  type: string;
  bytes: Buffer;
}

/** Real phone photographs, beside the clone; not part of it because of their size. */
const folder = join(root, '..', 'shared', 'photos');

/** Tests of real photographs are skipped explicitly: `describe.skipIf(!photographsAreHere)(...)`. */
export const photographsAreHere = existsSync(folder);

const types: Record<string, string> = {
  '.jpg': 'image/jpeg',
  '.png': 'image/png',
  '.webp': 'image/webp',
  '.avif': 'image/avif',
  '.gif': 'image/gif',
  '.heic': 'image/heic',
};

/** One of the photographs, by its name there (`galaxy-s7-12mp-gps.jpg`, `broken/...`). */
export function photograph(path: string): Picture {
  const type = types[extname(path)] ?? 'application/octet-stream';
  return { name: basename(path), type, bytes: readFileSync(join(folder, path)) };
}

interface Drawing {
  width?: number;
  height?: number;
  /** Pictures of different seeds have different bytes. */
  seed?: number;
}

/** The same few are drawn again and again, and each takes 50 ms. */
const drawings = new Map<string, Promise<Picture>>();
const MOST_DRAWINGS = 100;

/** A unique JPEG: gradients with the grain of a photograph. */
export function drawn({ width = 1600, height = 1200, seed = 1 }: Drawing = {}): Promise<Picture> {
  const key = `${width} ${height} ${seed}`;
  const known = drawings.get(key);
  if (known) return known;
  if (drawings.size >= MOST_DRAWINGS) drawings.clear();
  const picture = draw(width, height, seed);
  drawings.set(key, picture);
  return picture;
}

async function draw(width: number, height: number, seed: number): Promise<Picture> {
  const pixels = Buffer.alloc(width * height * 3);
  let state = seed * 2_654_435_761;
  for (let at = 0; at < pixels.length; at += 3) {
    const column = (at / 3) % width;
    const row = Math.floor(at / 3 / width);
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const grain = state >>> 28;
    pixels[at] = ((column * 200) / width + grain) & 255;
    pixels[at + 1] = ((row * 200) / height + grain) & 255;
    pixels[at + 2] = (seed * 37 + grain) & 255;
  }
  const bytes = await sharp(pixels, { raw: { width, height, channels: 3 } })
    .jpeg({ quality: 85 })
    .toBuffer();
  return { name: `drawn-${seed}.jpg`, type: 'image/jpeg', bytes };
}
