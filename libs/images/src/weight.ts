import type { Metadata } from 'sharp';
import type { Size } from '@app/platform/photos';

/** The fields of sharp's header that determine a photo's weight. */
type Header = Pick<Metadata, 'format' | 'width' | 'height' | 'isProgressive' | 'channels' | 'depth'>;

/** Every child's default allowance: 12 MP JPEGs, PNGs and WebPs hold less than this beyond an empty child. */
export const LIGHT = 40_000_000;

/**
 * Bytes that heavy photos may hold together; a heavier one runs with no other photo beside it, not even a light one. A worker
 * with two photos at once must stay below 600 MB, of which 130 are its own, and two children without a photo take 85 each.
 */
export const HEAVY_TOGETHER = 300_000_000;

/** The weight of a photo that must run alone. */
export const ALONE = HEAVY_TOGETHER + 1;

/** The photo is good, but would hold more than its child may now: it is retried when there is room. */
export class HeavyPhoto extends Error {
  override name = 'HeavyPhoto';

  constructor(readonly bytes: number) {
    super(`this photo holds ${bytes} bytes while it is decoded`);
  }
}

export function checkWeight(bytes: number, mayHold: number): void {
  if (bytes > mayHold) throw new HeavyPhoto(bytes);
}

/**
 * Bytes a pixel that decoders hold at once, measured as a child's peak over its start at 48 MP: baseline JPEG and PNG stream
 * (0.2 and 0.8), progressive ones are held as coefficients (2.8) or whole (3.3 at 8 bits), GIF as a canvas (5), lossless WebP
 * as pixels (4; lossy 0.4, which its header does not show), AVIF as planes, several copies of them and the decoder's data on
 * each block (16; 18.5 with full chroma, which its header does not show).
 */
function bytesAPixel({ format, isProgressive, channels, depth }: Header): number {
  if (format === 'heif') return 16;
  if (format === 'gif') return 5;
  if (format === 'webp') return 4;
  if (!isProgressive) return 0.8;
  return format === 'png' ? channels * (depth === 'ushort' ? 2 : 1) : 3;
}

export function weightOf(header: Header): number {
  return bytesAPixel(header) * header.width * header.height;
}

/**
 * A HEIC without tiles takes 7 bytes a pixel in WebAssembly, 5 in the machine's own decoder. Counted as 12, no two above 12 MP
 * are open at once; but a phone's 48 MP, which are tiled, leave room for light photos beside them.
 */
export function heicWeight({ width, height }: Size): number {
  const pixels = width * height;
  return Math.max(5 * pixels, Math.min(12 * pixels, HEAVY_TOGETHER));
}
