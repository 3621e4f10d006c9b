import { chromaticities, curves, type Curve, type Primaries } from './h273.js';

/** What a picture's numbers mean where no ICC profile says it. */
export interface Coding {
  primaries: Primaries;
  curve: Curve;
  /** Numbers leave room below black and above white, as video's do (16 to 235 of 255). */
  isNarrow?: boolean;
}

const { bt709 } = chromaticities;

/** What numbers mean that nothing is said of. */
export const SRGB: Coding = { primaries: bt709, curve: curves.srgb };

/**
 * The meaning of ITU-T H.273's codes, as in a `colr` box of type `nclx` and in a PNG's `cICP`. Half of it may be left open (2,
 * "unspecified", or a number that is not assigned): that half is sRGB's. Null where both are.
 */
export function codingOfNumbers(primaries: number, transfer: number): Coding | null {
  const [space, curve] = [chromaticities.ofCode(primaries), curves.ofCode(transfer)];
  if (!space && !curve) return null;
  return { primaries: space ?? SRGB.primaries, curve: curve ?? SRGB.curve };
}

/** Whether the numbers can be shown as they are. */
export function isSrgb({ primaries, curve, isNarrow = false }: Coding): boolean {
  return primaries === SRGB.primaries && curve === SRGB.curve && !isNarrow;
}
