import { readdir } from 'node:fs/promises';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Developing, type Made } from '../../../test/fixtures/developing.js';
import { avifSequence, turned, turnedAnew } from '../../../test/fixtures/heif-boxes.js';
import { quarters } from '../../../test/fixtures/photos.js';
import { DevelopPool } from './develop-pool.js';
import type { Developed } from './developed.js';
import { PhotoRejected } from './faults.js';

const [WIDTH, HEIGHT] = [192, 128];

const photos = new Developing((childFile) => new DevelopPool({ concurrency: 1, childFile }));
beforeAll(() => photos.start());
afterAll(() => photos.stop());

/** The mean difference between the decoded pixels and the quarters, turned clockwise. */
async function differenceFrom({ pixels }: Made<Developed>, degrees: number): Promise<number> {
  const upright = await quarters(WIDTH, HEIGHT).png().toBuffer();
  const expected = await sharp(upright).rotate(degrees).removeAlpha().raw().toBuffer();
  const { data: actual } = await pixels();
  expect(actual.length).toBe(expected.length);
  return actual.reduce((sum, value, at) => sum + Math.abs(value - (expected[at] ?? 0)), 0) / actual.length;
}

const size = (degrees: number) =>
  degrees % 180 === 0 ? { width: WIDTH, height: HEIGHT } : { width: HEIGHT, height: WIDTH };

describe('an AVIF', () => {
  it('that is a sequence is its first frame, and nothing is left of how', async () => {
    const made = await photos.develop(avifSequence());
    expect(made.result).toMatchObject(size(0));
    expect(await differenceFrom(made, 0)).toBeLessThan(6);
    const files = Object.values(made.result.renditions).map(({ file }) => file);
    expect((await readdir(made.folder)).sort()).toEqual(files.sort());
  });

  it('that is a sequence cut short is refused', async () => {
    const sequence = avifSequence();
    for (const length of [12, 100, sequence.length >> 1])
      await expect(photos.develop(sequence.subarray(0, length))).rejects.toBeInstanceOf(PhotoRejected);
    expect(await photos.left()).toEqual([]);
  });

  // `irot` counts quarter turns counter-clockwise.
  it.each([
    [0, 0],
    [1, 270],
    [2, 180],
    [3, 90],
  ])('with irot %i is turned by %i degrees', async (irot, degrees) => {
    const stored = await quarters(WIDTH, HEIGHT).avif({ quality: 90 }).toBuffer();
    const made = await photos.develop(turned(stored, irot));
    expect(made.result).toMatchObject(size(degrees));
    expect(await differenceFrom(made, degrees)).toBeLessThan(6);
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
    const made = await photos.develop(turnedAnew(stored, irot));
    expect(made.result).toMatchObject(size(degrees));
    expect(await differenceFrom(made, degrees)).toBeLessThan(6);
  });
});
