import { readFile } from 'node:fs/promises';
import { setImmediate as turn } from 'node:timers/promises';
import sharp from 'sharp';
import type { Size } from '../renditions.js';
import { boxFactor, Mosaic } from './box-shrink.js';
import type { DecodeLimits, Decoder } from './decoders.js';
import { PhotoRejected } from './faults.js';
import { forgetHeifLibrary, heifLibrary, type Heif } from './heic-library.js';
import { nativePixels } from './heic-native.js';
import { HeicPicture } from './heic-picture.js';
import { decodedSize, openPixels, rawPixels, type Pixels } from './pixels.js';
import { throughProfile } from './profiled-png.js';
import { checkWeight, HEIC_BYTES_A_PIXEL, HeavyPhoto } from './weight.js';

/** What a picture's numbers mean: an ICC profile, or null for sRGB. */
type Profile = Buffer | null;

/** ITU-T H.273: SMPTE EG 432-1, which is Display P3. */
const P3_PRIMARIES = 12;
/** The same: BT.709, whose primaries are sRGB's. */
const SRGB_PRIMARIES = 1;

/** Display P3 as sharp brings it along, for pictures that name it by number (`nclx`) instead of embedding it. */
async function displayP3(): Promise<Profile> {
  const dot = sharp({ create: { width: 1, height: 1, channels: 3, background: '#000' } });
  const { icc } = await sharp(await dot.withIccProfile('p3').png().toBuffer()).metadata();
  return icc ?? null;
}

async function profileOf(picture: HeicPicture): Promise<Profile> {
  return picture.profile ?? (picture.primaries === P3_PRIMARIES ? displayP3() : null);
}

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
      // Between tiles the process hears that its parent is gone.
      await turn();
    }
  }
  return mosaic.pixels;
}

function inSrgb(pixels: Pixels, profile: Profile, size: Size): Promise<Pixels> {
  if (profile) return throughProfile(pixels, profile, size);
  return rawPixels(openPixels(pixels).resize(size.width, size.height, { fit: 'fill' }));
}

/** The machine's own decoder makes a JPEG: of one picture, opaque, and with its profile or without need of one. */
function isPlain(picture: HeicPicture): boolean {
  const { isOnly, hasAlpha, profile, primaries } = picture;
  return isOnly && !hasAlpha && (profile !== null || primaries === null || primaries === SRGB_PRIMARIES);
}

export interface HeicOptions {
  /** Null: do without. */
  tool: string | null;
}

/**
 * Who decodes HEIC. libheif in WebAssembly needs nothing of the machine, and what breaks out of a decoder's bounds there
 * stays in its own memory. It always reads the header and decides; the machine's own, where there is one, is quicker.
 * Turning and mirroring are properties of the picture (`irot`, `imir`), which libheif applies; EXIF's orientation repeats
 * them for those who do not, so it is not looked at.
 */
export function heicDecoder({ tool }: HeicOptions): Decoder {
  const decodeWith = async (heif: Heif, path: string, bytes: Buffer, limits: DecodeLimits) => {
    const picture = HeicPicture.open(heif, bytes, limits);
    try {
      const photo = picture.size;
      checkWeight(photo.width * photo.height * HEIC_BYTES_A_PIXEL, limits.mayHold);
      const native = isPlain(picture) ? await nativePixels(path, photo, limits, tool) : null;
      if (native) return { photo, pixels: native };
      const [profile, pixels] = [await profileOf(picture), await pixelsOf(picture, photo)];
      return { photo, pixels: await inSrgb(pixels, profile, decodedSize(photo)) };
    } finally {
      picture.close();
    }
  };
  return async (path, limits) => {
    const bytes = await readFile(path);
    try {
      return await decodeWith(await heifLibrary(), path, bytes, limits);
    } catch (error) {
      if (error instanceof PhotoRejected || error instanceof HeavyPhoto) throw error;
      forgetHeifLibrary();
      throw new PhotoRejected('photo_damaged', { cause: error });
    }
  };
}
