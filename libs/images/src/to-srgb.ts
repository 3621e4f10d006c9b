import type { Size } from '@app/platform/photos';
import { SRGB, type Coding } from './colour-coding.js';
import type { Pixels } from './pixels.js';
import { between, toXyz } from './primaries-matrix.js';

/** Levels from here to white are reserved for light brighter than white. */
const KNEE = 0.8;

/** Levels below the knee stay; those above approach white without reaching it, so that clouds keep their shapes. */
function rolledOff(level: number): number {
  return level <= KNEE ? level : KNEE + (1 - KNEE) * (1 - Math.exp((KNEE - level) / (1 - KNEE)));
}

const STEPS = 16_383;
/** IEC 61966-2-1: linear light in steps to a byte. */
const srgbBytes = Uint8Array.from({ length: STEPS + 1 }, (_, step) => {
  const light = step / STEPS;
  return 255 * (light <= 0.0031308 ? 12.92 * light : 1.055 * light ** (1 / 2.4) - 0.055) + 0.5;
});

const byteOf = (light: number): number =>
  srgbBytes[light <= 0 ? 0 : light >= 1 ? STEPS : Math.round(light * STEPS)] ?? 0;

/** The light of every number from 0 to `most`. */
function levelsOf({ curve, isNarrow = false }: Coding, most: number): Float32Array {
  // With 8 bits, 16 is black and 235 is white; with more bits they scale with the range (ITU-R BT.2100).
  const [black, white] = isNarrow ? [16 / 256, 235 / 256] : [0, most / (most + 1)];
  return Float32Array.from({ length: most + 1 }, (_, code) => {
    const part = (code / (most + 1) - black) / (white - black);
    return curve.toLight(Math.min(1, Math.max(0, part)));
  });
}

/**
 * Converts pixels in `coding` to sRGB. Colours outside sRGB's primaries are clipped, channel by channel. In high dynamic range,
 * light up to a white page keeps its colour exactly, and brighter light is rolled off by its brightest channel, which keeps its
 * hue. `samples` are three a pixel, from 0 to `most`.
 */
export function toSrgb(
  samples: Uint8Array | Uint16Array,
  most: number,
  coding: Coding,
  { width, height }: Size,
): Pixels {
  const levels = levelsOf(coding, most);
  const [rr, rg, rb, gr, gg, gb, br, bg, bb] = between(coding.primaries, SRGB.primaries);
  const [, , , lumaRed, lumaGreen, lumaBlue] = toXyz(coding.primaries);
  const { isHdr, system } = coding.curve;
  const data = Buffer.alloc(width * height * 3);
  for (let at = 0; at < data.length; at += 3) {
    const r = levels[Math.min(samples[at] ?? 0, most)] ?? 0;
    const g = levels[Math.min(samples[at + 1] ?? 0, most)] ?? 0;
    const b = levels[Math.min(samples[at + 2] ?? 0, most)] ?? 0;
    const red = rr * r + rg * g + rb * b;
    const green = gr * r + gg * g + gb * b;
    const blue = br * r + bg * g + bb * b;
    let scale = 1;
    if (isHdr) {
      const luminance = lumaRed * r + lumaGreen * g + lumaBlue * b;
      const gain = system ? system.peak * luminance ** system.exponent : 1;
      const brightest = Math.max(red, green, blue) * gain;
      scale = brightest > KNEE ? (gain * rolledOff(brightest)) / brightest : gain;
    }
    data[at] = byteOf(red * scale);
    data[at + 1] = byteOf(green * scale);
    data[at + 2] = byteOf(blue * scale);
  }
  return { width, height, data };
}
