import { chromaticities, curves, type Curve, type Primaries } from './h273.js';

/** The meaning of a picture's numbers without an ICC profile. */
export interface Coding {
  primaries: Primaries;
  curve: Curve;
  /** Numbers leave room below black and above white, as video does (16 to 235 of 255). */
  isNarrow?: boolean;
}

const { bt709 } = chromaticities;

/** The meaning of numbers when the file does not define it. */
export const SRGB: Coding = { primaries: bt709, curve: curves.srgb };

/**
 * The meaning of ITU-T H.273's codes, as in a `colr` box of type `nclx` and in a PNG's `cICP`. One of the two may be undefined
 * (2, "unspecified", or an unassigned number): it defaults to sRGB's. Null when both are undefined.
 */
export function codingOfNumbers(primaries: number, transfer: number): Coding | null {
  const [space, curve] = [chromaticities.ofCode(primaries), curves.ofCode(transfer)];
  if (!space && !curve) return null;
  return { primaries: space ?? SRGB.primaries, curve: curve ?? SRGB.curve };
}

/** Whether the numbers can be shown unchanged. */
export function isSrgb({ primaries, curve, isNarrow = false }: Coding): boolean {
  return primaries === SRGB.primaries && curve === SRGB.curve && !isNarrow;
}
