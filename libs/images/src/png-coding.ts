import { open, type FileHandle } from 'node:fs/promises';
import { codingOfNumbers, SRGB, type Coding } from './colour-coding.js';
import { chromaticities, curves, power, type Primaries } from './h273.js';

/** Chunks read before the picture; further ones are ignored. */
const MOST_CHUNKS = 1_000;
const SIGNATURE = 8;

/** In the fields of a chunk, 1 is 100,000. */
const UNIT = 100_000;

type Chunks = Map<string, Buffer>;

/** The chunks of colour, which must precede the picture (PNG, third edition). */
async function chunksOf(file: FileHandle): Promise<Chunks> {
  const chunks: Chunks = new Map();
  const head = Buffer.alloc(8 + 32);
  for (let at = SIGNATURE, count = 0; count < MOST_CHUNKS; count += 1) {
    const { bytesRead } = await file.read(head, 0, head.length, at);
    if (bytesRead < 8) break;
    const [length, type] = [head.readUInt32BE(0), head.toString('latin1', 4, 8)];
    if (type === 'IDAT') break;
    // Only the presence of a profile matters.
    chunks.set(type, Buffer.from(head.subarray(8, Math.min(bytesRead, 8 + length))));
    at += 12 + length;
  }
  return chunks;
}

/** `cICP`: codes of ITU-T H.273. Its third number must be 0: RGB. */
function byNumbers(chunk: Buffer | undefined): Coding | null {
  if (chunk?.length !== 4 || chunk.readUInt8(2) !== 0) return null;
  const coding = codingOfNumbers(chunk.readUInt8(0), chunk.readUInt8(1));
  return coding && { ...coding, isNarrow: chunk.readUInt8(3) === 0 };
}

function primariesOf(chunk: Buffer | undefined): Primaries {
  if (chunk?.length !== 32) return chromaticities.bt709;
  const [wx = 0, wy = 0, ...rest] = Array.from({ length: 8 }, (_, at) => chunk.readUInt32BE(at * 4) / UNIT);
  const [rx = 0, ry = 0, gx = 0, gy = 0, bx = 0, by = 0] = rest;
  const isSame = [...rest, wx, wy].every(
    (value, at) => Math.abs(value - (chromaticities.bt709[at] ?? 0)) < 0.001,
  );
  // Twice the area of the triangle; three points on a line are not valid primaries.
  const area = Math.abs((gx - rx) * (by - ry) - (bx - rx) * (gy - ry));
  const isSound = area > 0.01 && wy > 0.05 && wx + wy < 1;
  return isSame || !isSound ? chromaticities.bt709 : [rx, ry, gx, gy, bx, by, wx, wy];
}

/** Programs older than the chunk `sRGB` write sRGB as a gamma of 1/2.2. */
function curveOf(chunk: Buffer | undefined) {
  const gamma = chunk?.length === 4 ? chunk.readUInt32BE(0) / UNIT : 0;
  const isSrgb = gamma === 0 || Math.abs(gamma - 1 / 2.2) < 0.005;
  return isSrgb ? curves.srgb : power(1 / gamma);
}

/**
 * The meaning of a PNG's numbers by the first of `cICP`, `iCCP`, `sRGB`, and `gAMA` with `cHRM`, as the third edition of PNG
 * ranks them; null when that is a profile. Parsed here, because sharp exposes only the profile.
 */
export async function pngCoding(path: string): Promise<Coding | null> {
  const file = await open(path, 'r');
  try {
    const chunks = await chunksOf(file);
    const numbers = byNumbers(chunks.get('cICP'));
    if (numbers || chunks.has('iCCP')) return numbers;
    if (chunks.has('sRGB')) return SRGB;
    return { primaries: primariesOf(chunks.get('cHRM')), curve: curveOf(chunks.get('gAMA')) };
  } finally {
    await file.close();
  }
}
