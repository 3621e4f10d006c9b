import sharp, { type FormatEnum, type Metadata, type Sharp, type SharpOptions } from 'sharp';
import type { Size } from '@app/platform/photos';
import { isSrgb, type Coding } from './colour-coding.js';
import type { Decoder, DecodeLimits } from './decoders.js';
import { PhotoRejected } from './faults.js';
import { partialFrame, type Frame } from './gif-frame.js';
import { heifCoding } from './heif-coding.js';
import { withEnd } from './jpeg-end.js';
import { isTurned, turnedSize, upright } from './orientation.js';
import { decodedSize, openPixels, rawPixels, type Decoded, type Pixels } from './pixels.js';
import { pngCoding } from './png-coding.js';
import { toSrgb } from './to-srgb.js';
import { checkWeight, HeavyPhoto, weightOf } from './weight.js';

type FailOn = NonNullable<SharpOptions['failOn']>;

/** Maps the library's messages to our codes; the original goes to the log as the cause. */
function rejected(cause: unknown): PhotoRejected | HeavyPhoto {
  if (cause instanceof PhotoRejected || cause instanceof HeavyPhoto) return cause;
  const said = cause instanceof Error ? cause.message : String(cause);
  if (/pixel limit/i.test(said)) return new PhotoRejected('too_many_pixels', { cause });
  if (/out of memory|unable to allocate/i.test(said)) return new PhotoRejected('too_complex', { cause });
  return new PhotoRejected('photo_damaged', { cause });
}

/**
 * Camera errors that do not harm the picture, in libjpeg's words. Every other warning means lost pixels: a part of the photo
 * would be grey.
 */
const SLIP =
  /extraneous bytes before marker|Invalid SOS parameters|unknown JFIF revision|Adobe color transform/;
/** The file ended without an end marker, whether or not pixels are missing. */
const NO_END = /premature end of JPEG/;

function says(error: unknown, what: RegExp): boolean {
  return error instanceof Error && error.message.split('\n').every((line) => what.test(line));
}

type Decode = (path: string, failOn: FailOn) => Promise<Decoded>;

/**
 * Strict first; then once more, ignoring warnings, for the few photos with a harmless error. Only JPEG needs it: the other
 * formats' decoders fail on truncated or broken files (`error`) without telling them apart.
 */
async function bearingSlips(decode: Decode, path: string): Promise<Decoded> {
  try {
    return await decode(path, 'warning');
  } catch (error) {
    if (!says(error, SLIP)) throw error;
    return decode(path, 'error');
  }
}

async function bearingNoEnd(decode: Decode, path: string, { scratch }: DecodeLimits): Promise<Decoded> {
  try {
    return await bearingSlips(decode, path);
  } catch (error) {
    if (!(error instanceof Error && NO_END.test(error.message))) throw error;
    const whole = await withEnd(path, scratch, (copy) => bearingSlips(decode, copy));
    if (!whole) throw error;
    return whole;
  }
}

/**
 * Decodes once, to about the size of the largest rendition: JPEG and WebP are shrunk as they are read, the rest streams through
 * the resize. Turning comes last, on few pixels: turned first, a 200 MP photo would be held whole.
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

/** The meaning of the numbers without an ICC profile; null when there is a profile, or nothing to convert. */
async function codingOf(path: string, { format, icc }: Metadata): Promise<Coding | null> {
  if (format === 'png') return pngCoding(path);
  return format === 'heif' && !icc ? heifCoding(path) : null;
}

async function inSrgb(path: string, header: Metadata, options: SharpOptions, size: Size): Promise<Pixels> {
  const coding = await codingOf(path, header);
  const frame = header.format === 'gif' && header.channels === 3 ? await partialFrame(path, header) : null;
  const image = sharp(path, { ...options, ignoreIcc: coding !== null });
  if (frame) return onWhite(image.extract(frame), frame, header, size);
  const laid = image.flatten({ background: '#ffffff' }).resize(size.width, size.height, { fit: 'fill' });
  if (coding && !isSrgb(coding)) return bySamples(laid, header, coding);
  return rawPixels(withProfile(laid, header).toColourspace('srgb'));
}

/** sharp converts 16-bit numbers to Display P3, for 16-bit outputs: they are shortened first, and become sRGB like all others. */
function withProfile(image: Sharp, { depth, icc, channels }: Metadata): Sharp {
  if (depth !== 'ushort' || !icc) return image;
  return image.pipelineColourspace(channels < 3 ? 'b-w' : 'srgb');
}

/** Numbers of 10 or 12 bits arrive in the upper bits of 16. */
async function bySamples(image: Sharp, header: Metadata, coding: Coding): Promise<Pixels> {
  if (header.depth !== 'ushort') {
    const pixels = await rawPixels(image.toColourspace('srgb'));
    return toSrgb(pixels.data, 255, coding, pixels);
  }
  const { data, info } = await image
    .toColourspace('rgb16')
    .raw({ depth: 'ushort' })
    .toBuffer({ resolveWithObject: true });
  const samples = new Uint16Array(data.buffer, data.byteOffset, data.length / 2);
  const bits = header.bitsPerSample ?? 16;
  return toSrgb(samples, (2 ** bits - 1) * 2 ** (16 - bits), coding, info);
}

/** A frame that covers part of the canvas, on white, at its place in the picture's new size. */
async function onWhite(image: Sharp, frame: Frame, canvas: Size, size: Size) {
  const [across, down] = [size.width / canvas.width, size.height / canvas.height];
  const left = Math.min(size.width - 1, Math.round(frame.left * across));
  const top = Math.min(size.height - 1, Math.round(frame.top * down));
  const width = Math.max(1, Math.min(size.width - left, Math.round(frame.width * across)));
  const height = Math.max(1, Math.min(size.height - top, Math.round(frame.height * down)));
  const pixels = await rawPixels(image.resize(width, height, { fit: 'fill' }).toColourspace('srgb'));
  const [right, bottom] = [size.width - left - width, size.height - top - height];
  return rawPixels(openPixels(pixels).extend({ left, top, right, bottom, background: '#ffffff' }));
}

/** sharp's decoder; sharp must also identify the file as this `format`. */
export function bySharp(format: keyof FormatEnum): Decoder {
  return async (path, limits) => {
    const { pixels, avifPixels, mayHold } = limits;
    const most = format === 'heif' ? Math.min(pixels, avifPixels ?? pixels) : pixels;
    const decode: Decode = async (file, failOn) => {
      const options = { failOn, limitInputPixels: most, sequentialRead: true };
      const header = await sharp(file, options).metadata();
      if (header.format !== format) throw new PhotoRejected('photo_damaged');
      checkWeight(weightOf(header), mayHold);
      return pixelsOf(file, header, options);
    };
    try {
      return await (format === 'jpeg' ? bearingNoEnd(decode, path, limits) : decode(path, 'error'));
    } catch (error) {
      throw rejected(error);
    }
  };
}
