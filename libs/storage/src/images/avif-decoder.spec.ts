import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { avifSequence, turned, turnedAnew } from '../../../../test/fixtures/heif-boxes.js';
import { quarters } from '../../../../test/fixtures/photos.js';
import { avifDecoder } from './avif-decoder.js';
import { PhotoRejected } from './faults.js';
import { openPixels, type Decoded } from './pixels.js';

const limits = { pixels: 268_402_689, developSeconds: 60, childMemory: 1e9, mayHold: Infinity };
const [WIDTH, HEIGHT] = [192, 128];

let folder: string;
beforeAll(async () => {
  sharp.cache(false);
  folder = await mkdtemp(join(tmpdir(), 'narwhal-avif-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function decoded(file: Buffer): Promise<Decoded> {
  const path = join(folder, 'original');
  await writeFile(path, file);
  return avifDecoder(path, { ...limits, scratch: folder });
}

/** The mean difference of what was decoded from the quarters, turned clockwise by so many degrees. */
async function differenceFrom({ pixels }: Decoded, degrees: number): Promise<number> {
  const upright = await quarters(WIDTH, HEIGHT).png().toBuffer();
  const expected = await sharp(upright).rotate(degrees).removeAlpha().raw().toBuffer();
  const actual = await openPixels(pixels).raw().toBuffer();
  expect(actual.length).toBe(expected.length);
  return actual.reduce((sum, value, at) => sum + Math.abs(value - (expected[at] ?? 0)), 0) / actual.length;
}

const size = (degrees: number) =>
  degrees % 180 === 0 ? { width: WIDTH, height: HEIGHT } : { width: HEIGHT, height: WIDTH };

describe('an AVIF', () => {
  it('that is a sequence is its first frame, and nothing is left of how', async () => {
    const result = await decoded(avifSequence());
    expect(result.photo).toEqual(size(0));
    expect(await differenceFrom(result, 0)).toBeLessThan(6);
    expect(await readdir(folder)).toEqual(['original']);
  });

  it('that is a sequence cut short is refused', async () => {
    const sequence = avifSequence();
    for (const length of [12, 100, sequence.length >> 1])
      await expect(decoded(sequence.subarray(0, length))).rejects.toBeInstanceOf(PhotoRejected);
    expect(await readdir(folder)).toEqual(['original']);
  });

  // `irot` counts quarters against the clock.
  it.each([
    [0, 0],
    [1, 270],
    [2, 180],
    [3, 90],
  ])('with irot %i is turned by %i degrees', async (irot, degrees) => {
    const stored = await quarters(WIDTH, HEIGHT).avif({ quality: 90 }).toBuffer();
    const result = await decoded(turned(stored, irot));
    expect(result.photo).toEqual(size(degrees));
    expect(await differenceFrom(result, degrees)).toBeLessThan(6);
  });

  it.each([
    ['the same', 3, 90],
    ['another', 1, 270],
    ['none', 0, 0],
  ])('with Exif’s orientation 6 and %s as irot is turned once, by irot', async (_, irot, degrees) => {
    const stored = await quarters(WIDTH, HEIGHT)
      .withMetadata({ orientation: 6 })
      .avif({ quality: 90 })
      .toBuffer();
    expect(stored.includes('Exif')).toBe(true);
    const result = await decoded(turnedAnew(stored, irot));
    expect(result.photo).toEqual(size(degrees));
    expect(await differenceFrom(result, degrees)).toBeLessThan(6);
  });
});
