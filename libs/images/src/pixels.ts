import sharp, { type Sharp } from 'sharp';
import { LONGEST_SIDE, fitWidth, renditions, type Size } from '@app/platform/photos';

/** Decoded pixels: upright, sRGB, 8 bits, three bytes a pixel and no alpha. */
export interface Pixels extends Size {
  data: Buffer;
}

/** A decoder's result: the photo's own displayed size, and pixels enough for every rendition. */
export interface Decoded {
  photo: Size;
  pixels: Pixels;
}

const WIDEST = renditions.w1080.width;
const SQUARE = renditions.square320.width;

/**
 * The size to decode a photo to: as wide as the widest rendition, or larger when a panorama's short side would otherwise be too
 * small for the square. Bounded by the largest possible rendition.
 */
export function decodedSize(photo: Size): Size {
  const fitted = fitWidth(photo, WIDEST);
  const short = Math.min(photo.width, photo.height);
  const scale = Math.min(1, SQUARE / short);
  const widened = { width: Math.round(photo.width * scale), height: Math.round(photo.height * scale) };
  const fits = widened.width * widened.height <= WIDEST * LONGEST_SIDE;
  return widened.width > fitted.width && fits ? widened : fitted;
}

export function openPixels({ data, width, height }: Pixels): Sharp {
  return sharp(data, { raw: { width, height, channels: 3 } });
}

/** Runs a pipeline to raw pixels. */
export async function rawPixels(image: Sharp): Promise<Pixels> {
  const { data, info } = await image.raw().toBuffer({ resolveWithObject: true });
  if (info.channels !== 3) throw new Error(`expected 3 channels but received ${info.channels}`);
  return { data, width: info.width, height: info.height };
}
