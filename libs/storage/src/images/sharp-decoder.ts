import sharp, { type FormatEnum, type Metadata, type Sharp, type SharpOptions } from 'sharp';
import type { Size } from '../renditions.js';
import { codingOf, displayP3, P3_PRIMARIES, type Coding } from './coding.js';
import type { Decoder } from './decoders.js';
import { PhotoRejected } from './faults.js';
import { isHdr, toStandardRange } from './hdr.js';
import { isTurned, turnedSize, upright } from './orientation.js';
import { decodedSize, openPixels, rawPixels, type Decoded, type Pixels } from './pixels.js';
import { throughProfile } from './profiled-png.js';
import { checkWeight, HeavyPhoto, weightOf } from './weight.js';

type FailOn = NonNullable<SharpOptions['failOn']>;

/** libvips' loaders of what is decoded here; all others are shut, whatever a file claims to be. */
const LOADERS = ['Jpeg', 'Png', 'Webp', 'Heif', 'Nsgif'].map((name) => `VipsForeignLoad${name}File`);

/** To be called once in the process that decodes. */
export function prepareLibrary(): void {
  sharp.block({ operation: ['VipsForeignLoad'] });
  sharp.unblock({ operation: LOADERS });
  // No photo is opened twice, so what the cache kept would only be memory.
  sharp.cache(false);
  // Photos are developed side by side in processes; threads within one photo cost more than they save.
  sharp.concurrency(1);
}

/** The library's words become one of ours; what it said goes to the log as the cause. */
function rejected(cause: unknown): PhotoRejected | HeavyPhoto {
  if (cause instanceof PhotoRejected || cause instanceof HeavyPhoto) return cause;
  const said = cause instanceof Error ? cause.message : String(cause);
  if (/pixel limit/i.test(said)) return new PhotoRejected('too_many_pixels', { cause });
  if (/out of memory|unable to allocate/i.test(said)) return new PhotoRejected('too_complex', { cause });
  return new PhotoRejected('photo_damaged', { cause });
}

/**
 * What cameras do wrong without harm to the picture, in libjpeg's words. Everything else that it warns of means that
 * pixels are lost: a part of the photo would be grey.
 */
const SLIP =
  /extraneous bytes before marker|Invalid SOS parameters|unknown JFIF revision|Adobe color transform/;

function isSlip(error: unknown): boolean {
  return error instanceof Error && error.message.split('\n').every((line) => SLIP.test(line));
}

/**
 * Strictly first; a second time, without regard to warnings, for the few photos with a harmless slip. Only JPEG needs
 * it: the other formats' decoders fail on what is cut off or broken (`error`) without being told apart.
 */
async function bearingSlips(decode: (failOn: FailOn) => Promise<Decoded>): Promise<Decoded> {
  try {
    return await decode('warning');
  } catch (error) {
    if (!isSlip(error)) throw error;
    return decode('error');
  }
}

/**
 * Decodes once, to about the size of the largest rendition: JPEG and WebP are shrunk as they are read, the rest streams
 * through the resize. Turning comes after, on few pixels: turned first, a 200 MP photo would be held whole.
 */
async function pixelsOf(path: string, header: Metadata, options: SharpOptions): Promise<Decoded> {
  const { orientation = 1 } = header;
  const photo = turnedSize(header, orientation);
  const size = turnedSize(decodedSize(photo), orientation);
  const pixels = await inSrgb(path, header, options, size);
  return {
    photo,
    pixels: isTurned(orientation) ? await rawPixels(upright(openPixels(pixels), orientation)) : pixels,
  };
}

async function inSrgb(path: string, header: Metadata, options: SharpOptions, size: Size): Promise<Pixels> {
  const { width, height } = size;
  const image = sharp(path, options)
    .flatten({ background: '#ffffff' })
    .resize(width, height, { fit: 'fill' });
  const coding = header.format === 'heif' && header.icc === undefined ? await codingOf(path) : null;
  if (coding && isHdr(coding)) return standardRange(image, header, coding);
  const stored = await rawPixels(image.toColourspace('srgb'));
  // sharp leaves the profile aside where numbers are longer than 8 bits (PNG, AVIF): it only shortens them, and they still mean
  // what the profile says.
  const isLeft = header.depth === 'ushort' && header.channels >= 3;
  const profile = coding?.primaries === P3_PRIMARIES ? await displayP3() : isLeft ? header.icc : null;
  return profile ? throughProfile(stored, profile, stored) : stored;
}

/** Numbers of 10 or 12 bits arrive as the upper ones of 16. */
async function standardRange(
  image: Sharp,
  { bitsPerSample: bits = 8 }: Metadata,
  coding: Coding,
): Promise<Pixels> {
  const { data, info } = await image
    .toColourspace('rgb16')
    .raw({ depth: 'ushort' })
    .toBuffer({ resolveWithObject: true });
  const samples = new Uint16Array(data.buffer, data.byteOffset, data.length / 2);
  const most = bits > 8 ? (2 ** bits - 1) * 2 ** (16 - bits) : 65_535;
  return toStandardRange(samples, most, coding, info);
}

/** sharp's decoder, for files that it must find to be of this `format`, too. */
export function bySharp(format: keyof FormatEnum): Decoder {
  return async (path, { pixels, avifPixels, mayHold }) => {
    const most = format === 'heif' ? Math.min(pixels, avifPixels ?? pixels) : pixels;
    const decode = async (failOn: FailOn): Promise<Decoded> => {
      const options = { failOn, limitInputPixels: most, sequentialRead: true };
      const header = await sharp(path, options).metadata();
      if (header.format !== format) throw new PhotoRejected('photo_damaged');
      checkWeight(weightOf(header), mayHold);
      return pixelsOf(path, header, options);
    };
    try {
      return await (format === 'jpeg' ? bearingSlips(decode) : decode('error'));
    } catch (error) {
      throw rejected(error);
    }
  };
}
