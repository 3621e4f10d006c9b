import { readFile } from 'node:fs/promises';
import { setImmediate as turn } from 'node:timers/promises';
import { SNIFF_BYTES, type Size } from '@app/platform/photos';
import { boxFactor, Mosaic } from './box-shrink.js';
import { isSrgb } from './colour-coding.js';
import type { DecodeLimits, Decoder } from './decoders.js';
import { PhotoRejected } from './faults.js';
import { forgetHeifLibrary, heifLibrary, type Heif } from './heic-library.js';
import { nativePixels } from './heic-native.js';
import { HeicPicture } from './heic-picture.js';
import { decodedSize, openPixels, rawPixels, type Decoded, type Pixels } from './pixels.js';
import { throughProfile } from './profiled-png.js';
import { toSrgb } from './to-srgb.js';
import { checkWeight, heicWeight, HeavyPhoto } from './weight.js';

async function pixelsOf(picture: HeicPicture, photo: Size): Promise<Pixels> {
  const { tiling } = picture;
  const { columns, rows, tile, left, top, isWhole } = tiling;
  const edges = isWhole ? [] : [tile.width, tile.height, left, top];
  const mosaic = new Mosaic(photo, boxFactor(photo, decodedSize(photo), edges), picture.isPremultiplied);
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) {
      picture.tile(tiling, column, row, (decoded) =>
        mosaic.place(decoded, column * tile.width - left, row * tile.height - top),
      );
      // Yields between tiles, so that the process notices when its parent is gone.
      await turn();
    }
  }
  return mosaic.pixels;
}

function resized(pixels: Pixels, size: Size): Promise<Pixels> {
  return rawPixels(openPixels(pixels).resize(size.width, size.height, { fit: 'fill' }));
}

/** The machine's own decoder makes a JPEG, so the file must have one opaque picture, with a profile or without need of one. */
function isPlain({ isOnly, hasAlpha, profile, coding }: HeicPicture): boolean {
  return isOnly && !hasAlpha && (profile !== null || coding === null || isSrgb(coding));
}

/** A profile is more precise than numbers, and wins if a file has both. */
async function standardPixels(picture: HeicPicture, photo: Size, scratch: string): Promise<Pixels> {
  const { profile, coding } = picture;
  const [stored, size] = [await pixelsOf(picture, photo), decodedSize(photo)];
  if (profile) return throughProfile(stored, profile, size, scratch);
  return resized(coding && !isSrgb(coding) ? toSrgb(stored.data, 255, coding, stored) : stored, size);
}

async function decodeWith(heif: Heif, path: string, bytes: Buffer, limits: DecodeLimits): Promise<Decoded> {
  const picture = HeicPicture.open(heif, bytes, limits);
  try {
    const photo = picture.size;
    checkWeight(heicWeight(photo), limits.mayHold);
    const native = limits.systemHeif && isPlain(picture) ? await nativePixels(path, photo, limits) : null;
    return { photo, pixels: native ?? (await standardPixels(picture, photo, limits.scratch)) };
  } finally {
    picture.close();
  }
}

/**
 * libheif knows only some brands, and looks for a film if one of them says so (`msf1`): all are overwritten with the picture
 * brand. `sniffFormat` has checked that the file holds a picture.
 */
function sayStill(bytes: Buffer): void {
  const end = Math.min(bytes.length, bytes.readUInt32BE(0), SNIFF_BYTES);
  for (let at = 16; at + 4 <= end; at += 4) bytes.write('mif1', at, 'latin1');
}

/**
 * Decodes HEIC. libheif in WebAssembly needs nothing of the machine, and a decoder bug there cannot reach outside its own
 * memory. It always reads the header and decides; the machine's own decoder, if there is one, is faster. Turning and mirroring
 * are properties of the picture (`irot`, `imir`), which libheif applies; EXIF's orientation repeats them for readers that do
 * not, so it is ignored.
 */
export const heicDecoder: Decoder = async (path, limits) => {
  const bytes = await readFile(path);
  sayStill(bytes);
  try {
    return await decodeWith(await heifLibrary(), path, bytes, limits);
  } catch (error) {
    if (error instanceof PhotoRejected || error instanceof HeavyPhoto) throw error;
    forgetHeifLibrary();
    throw new PhotoRejected('photo_damaged', { cause: error });
  }
};
