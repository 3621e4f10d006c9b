/** CIE 1931 x and y of red, green, blue and white. */
export type Primaries = readonly [
  rx: number,
  ry: number,
  gx: number,
  gy: number,
  bx: number,
  by: number,
  wx: number,
  wy: number,
];

/** How numbers become light. */
export interface Curve {
  /** A number from 0 to 1 as linear light. In HDR, 1 is a white page and more is brighter; otherwise 1 is the maximum. */
  toLight(code: number): number;
  /** Light above white is rolled off instead of clipped. */
  isHdr?: true;
  /** HLG encodes scene light: its exponent for luminance, and the display's peak relative to a white page. */
  system?: { exponent: number; peak: number };
}

const D65 = [0.3127, 0.329] as const;
const C = [0.31, 0.316] as const;

const bt709: Primaries = [0.64, 0.33, 0.3, 0.6, 0.15, 0.06, ...D65];
const smpte170m: Primaries = [0.63, 0.34, 0.31, 0.595, 0.155, 0.07, ...D65];

/** Table 2 of ITU-T H.273 (ColourPrimaries). */
const primariesByCode: Record<number, Primaries> = {
  1: bt709,
  4: [0.67, 0.33, 0.21, 0.71, 0.14, 0.08, ...C],
  5: [0.64, 0.33, 0.29, 0.6, 0.15, 0.06, ...D65],
  6: smpte170m,
  7: smpte170m,
  8: [0.681, 0.319, 0.243, 0.692, 0.145, 0.049, ...C],
  9: [0.708, 0.292, 0.17, 0.797, 0.131, 0.046, ...D65],
  10: [1, 0, 0, 1, 0, 0, 1 / 3, 1 / 3],
  11: [0.68, 0.32, 0.265, 0.69, 0.15, 0.06, 0.314, 0.351],
  12: [0.68, 0.32, 0.265, 0.69, 0.15, 0.06, ...D65],
  22: [0.63, 0.34, 0.295, 0.605, 0.155, 0.077, ...D65],
};

export const chromaticities = {
  bt709,
  ofCode: (code: number): Primaries | undefined => primariesByCode[code],
};

/** Nits of a white page; anything brighter is a light source (ITU-R BT.2408). */
const WHITE = 203;
/** The peak of the display that HLG's system gamma of 1.2 is made for (ITU-R BT.2100). */
const HLG_PEAK = 1_000;

/** IEC 61966-2-1. */
const srgb: Curve = {
  toLight: (code) => (code <= 0.04045 ? code / 12.92 : ((code + 0.055) / 1.055) ** 2.4),
};

export function power(exponent: number): Curve {
  return { toLight: (code) => code ** exponent };
}

const logarithmic = (decades: number): Curve => ({
  toLight: (code) => (code <= 0 ? 0 : 10 ** ((code - 1) * decades)),
});

/** SMPTE ST 2084: a number as nits. */
const pq: Curve = {
  isHdr: true,
  toLight: (code) => {
    const root = code ** (1 / 78.84375);
    const light = (Math.max(root - 0.8359375, 0) / (18.8515625 - 18.6875 * root)) ** (1 / 0.1593017578125);
    return (10_000 * light) / WHITE;
  },
};

/** ITU-R BT.2100: a number as scene light. */
const hlg: Curve = {
  isHdr: true,
  system: { exponent: 0.2, peak: HLG_PEAK / WHITE },
  toLight: (code) =>
    code <= 0.5 ? (code * code) / 3 : (Math.exp((code - 0.55991073) / 0.17883277) + 0.28466892) / 12,
};

/** SMPTE ST 240. */
const smpte240m: Curve = {
  toLight: (code) => (code <= 0.0913 ? code / 4 : ((code + 0.1115) / 1.1115) ** (1 / 0.45)),
};

/**
 * Table 3 of ITU-T H.273 (TransferCharacteristics). BT.709, BT.601 and BT.2020 (1, 6, 11, 12, 14, 15) define how a television
 * camera turns light into numbers, not how a screen shows them; phones and encoders write these codes into pictures made on and
 * for sRGB screens. So they are shown as sRGB: the 2.4 of BT.1886 would be too dark by as much as the inverse of the camera's
 * curve would be too light.
 */
const curvesByCode: Record<number, Curve> = {
  1: srgb,
  4: power(2.2),
  5: power(2.8),
  6: srgb,
  7: smpte240m,
  8: power(1),
  9: logarithmic(2),
  10: logarithmic(2.5),
  11: srgb,
  12: srgb,
  13: srgb,
  14: srgb,
  15: srgb,
  16: pq,
  17: { toLight: (code) => (52.37 / 48) * code ** 2.6 },
  18: hlg,
};

export const curves = { srgb, ofCode: (code: number): Curve | undefined => curvesByCode[code] };
