import { readFile } from 'node:fs/promises';
import { setImmediate as turn } from 'node:timers/promises';
import type { Size } from '../renditions.js';
import { boxFactor, Mosaic } from './box-shrink.js';
import { displayP3, P3_PRIMARIES, SRGB_PRIMARIES } from './coding.js';
import type { DecodeLimits, Decoder } from './decoders.js';
import { PhotoRejected } from './faults.js';
import { forgetHeifLibrary, heifLibrary, type Heif } from './heic-library.js';
import { nativePixels } from './heic-native.js';
import { HeicPicture } from './heic-picture.js';
import { isHdr, toStandardRange } from './hdr.js';
import { decodedSize, openPixels, rawPixels, type Pixels } from './pixels.js';
import { throughProfile } from './profiled-png.js';
import { checkWeight, heicWeight, HeavyPhoto } from './weight.js';

/** An ICC profile, or null for sRGB. */
type Profile = Buffer | null;

async function profileOf({ profile, coding }: HeicPicture): Promise<Profile> {
  return profile ?? (coding?.primaries === P3_PRIMARIES ? displayP3() : null);
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
function isPlain({ isOnly, hasAlpha, profile, coding }: HeicPicture): boolean {
  const isSrgb = coding === null || (coding.primaries === SRGB_PRIMARIES && !isHdr(coding));
  return isOnly && !hasAlpha && (profile !== null || isSrgb);
}

async function standardPixels(picture: HeicPicture, photo: Size): Promise<Pixels> {
  const [profile, coding, stored] = [
    await profileOf(picture),
    picture.coding,
    await pixelsOf(picture, photo),
  ];
  if (picture.profile || !coding || !isHdr(coding)) return inSrgb(stored, profile, decodedSize(photo));
  return inSrgb(toStandardRange(stored.data, 255, coding, stored), null, decodedSize(photo));
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
      checkWeight(heicWeight(photo), limits.mayHold);
      const native = isPlain(picture) ? await nativePixels(path, photo, limits, tool) : null;
      if (native) return { photo, pixels: native };
      return { photo, pixels: await standardPixels(picture, photo) };
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
