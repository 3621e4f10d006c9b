import type { Size } from '../renditions.js';
import { BT2020_PRIMARIES, P3_PRIMARIES, type Coding } from './coding.js';
import type { Pixels } from './pixels.js';

/** ITU-T H.273's transfer characteristics for high dynamic range. */
const PQ = 16;
const HLG = 18;

/** Nits of a white page; brighter is light itself (ITU-R BT.2408). */
const WHITE = 203;
/** Of the display that HLG's system gamma of 1.2 is made for (ITU-R BT.2100). */
const HLG_PEAK = 1_000;

/** SMPTE ST 2084: a code from 0 to 1 as nits. */
function nitsOfPq(code: number): number {
  const root = code ** (1 / 78.84375);
  return 10_000 * (Math.max(root - 0.8359375, 0) / (18.8515625 - 18.6875 * root)) ** (1 / 0.1593017578125);
}

/** ITU-R BT.2100: a code from 0 to 1 as light of the scene, from 0 to 1. */
function sceneOfHlg(code: number): number {
  return code <= 0.5 ? (code * code) / 3 : (Math.exp((code - 0.55991073) / 0.17883277) + 0.28466892) / 12;
}

type Matrix = readonly [number, number, number, number, number, number, number, number, number];

/** Linear light to that of BT.709's primaries, all under D65: from the chromaticities of BT.2020 and of SMPTE EG 432-1. */
const toSrgb: Record<number, Matrix> = {
  [BT2020_PRIMARIES]: [1.6605, -0.5876, -0.0728, -0.1246, 1.1329, -0.0083, -0.0182, -0.1006, 1.1187],
  [P3_PRIMARIES]: [1.2249, -0.2247, 0, -0.042, 1.0419, 0, -0.0197, -0.0786, 1.0979],
};
const SAME: Matrix = [1, 0, 0, 0, 1, 0, 0, 0, 1];

/** From here to white is room for what is brighter than white. */
const KNEE = 0.8;

/** What is below the knee stays; what is above nears white without reaching it, so that clouds keep their shapes. */
function rolledOff(level: number): number {
  return level <= KNEE ? level : KNEE + (1 - KNEE) * (1 - Math.exp((KNEE - level) / (1 - KNEE)));
}

const STEPS = 4_095;
/** IEC 61966-2-1: linear light in steps to a byte. */
const srgbBytes = Uint8Array.from({ length: STEPS + 1 }, (_, step) => {
  const light = step / STEPS;
  return 255 * (light <= 0.0031308 ? 12.92 * light : 1.055 * light ** (1 / 2.4) - 0.055) + 0.5;
});

export function isHdr({ transfer }: Coding): boolean {
  return transfer === PQ || transfer === HLG;
}

/**
 * A picture of high dynamic range as one for every screen: light up to a white page keeps its colour exactly, brighter light is
 * rolled off by its brightest channel, so that its hue stays. `samples` are three a pixel, from 0 to `most`.
 */
export function toStandardRange(
  samples: Uint8Array | Uint16Array,
  most: number,
  { primaries, transfer }: Coding,
  { width, height }: Size,
): Pixels {
  const levels = Float32Array.from({ length: most + 1 }, (_, code) =>
    transfer === PQ ? nitsOfPq(code / most) / WHITE : sceneOfHlg(code / most),
  );
  const [rr, rg, rb, gr, gg, gb, br, bg, bb] = toSrgb[primaries] ?? SAME;
  const data = Buffer.alloc(width * height * 3);
  for (let at = 0; at < data.length; at += 3) {
    const level = (channel: number) => levels[Math.min(samples[at + channel] ?? 0, most)] ?? 0;
    const [r, g, b] = [level(0), level(1), level(2)];
    // HLG's system gamma acts on the luminance (of BT.2020, which all HLG is).
    const luminance = 0.2627 * r + 0.678 * g + 0.0593 * b;
    const gain = transfer === HLG ? (HLG_PEAK / WHITE) * luminance ** 0.2 : 1;
    const light = [rr * r + rg * g + rb * b, gr * r + gg * g + gb * b, br * r + bg * g + bb * b];
    const brightest = Math.max(...light) * gain;
    const scale = brightest > KNEE ? (gain * rolledOff(brightest)) / brightest : gain;
    for (let channel = 0; channel < 3; channel += 1) {
      const value = Math.min(1, Math.max(0, (light[channel] ?? 0) * scale));
      data[at + channel] = srgbBytes[Math.round(value * STEPS)] ?? 0;
    }
  }
  return { width, height, data };
}
