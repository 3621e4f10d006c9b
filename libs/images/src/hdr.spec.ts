import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ciede2000, labOf } from '../../../test/fixtures/ciede2000.js';
import { Developing, meanColor } from '../../../test/fixtures/developing.js';
import { heic, inPrimaries } from '../../../test/fixtures/heif-boxes.js';
import { DevelopPool } from './develop-pool.js';

const [BT2020, PQ, HLG] = [9, 16, 18];
const SIDE = 64;

const photos = new Developing((childFile) => new DevelopPool({ concurrency: 1, childFile }));
beforeAll(() => photos.start());
afterAll(() => photos.stop());

type Light = [red: number, green: number, blue: number];

/** The inverse: what a camera would write. BT.709 to BT.2020 by BT.2087, PQ by ST 2084, HLG by BT.2100. */
const toBt2020 = ([r, g, b]: Light): Light => [
  0.6274 * r + 0.3293 * g + 0.0433 * b,
  0.0691 * r + 0.9195 * g + 0.0114 * b,
  0.0164 * r + 0.088 * g + 0.8956 * b,
];
function pqOf(nits: number): number {
  const power = (nits / 10_000) ** 0.1593017578125;
  return ((0.8359375 + 18.8515625 * power) / (1 + 18.6875 * power)) ** 78.84375;
}
function hlgOf(scene: number): number {
  return scene <= 1 / 12 ? Math.sqrt(3 * scene) : 0.17883277 * Math.log(12 * scene - 0.28466892) + 0.55991073;
}
function hlgCodes(light: Light): Light {
  const nits = toBt2020(light).map((level) => level * 203) as Light;
  const luminance = 0.2627 * nits[0] + 0.678 * nits[1] + 0.0593 * nits[2];
  // The inverse of the system gamma 1.2 of a display of 1,000 nits.
  const gain = (luminance / 1_000) ** (1 / 1.2 - 1) / 1_000;
  return nits.map((level) => hlgOf(level * gain)) as Light;
}
const pqCodes = (light: Light): Light => toBt2020(light).map((level) => pqOf(level * 203)) as Light;

const linear = (byte: number): number =>
  byte <= 10 ? byte / 255 / 12.92 : ((byte / 255 + 0.055) / 1.055) ** 2.4;

/** A picture of one colour, with 10 bits a channel, whose coding is given by numbers. */
async function avif(codes: Light, transfer: number): Promise<Buffer> {
  const samples = new Uint16Array(SIDE * SIDE * 3).map((_, at) => (codes[at % 3] ?? 0) * 65_535);
  const raw = { raw: { width: SIDE, height: SIDE, channels: 3 as const } };
  const image = sharp(samples, raw).toColourspace('rgb16').avif({ quality: 100, bitdepth: 10, effort: 0 });
  return inPrimaries(await image.toBuffer(), BT2020, transfer);
}

/** The colour in the middle of the last, yellow quarter of `quarters`. */
async function shown(photo: Buffer): Promise<readonly [number, number, number]> {
  return meanColor(await (await photos.develop(photo)).pixels(), [0.6, 0.6, 0.9, 0.9]);
}

describe('a photo of high dynamic range', () => {
  it.each([
    ['PQ', PQ, pqCodes],
    ['HLG', HLG, hlgCodes],
  ] as const)('by %s has the colours of its standard range', async (_, transfer, codesOf) => {
    const differences: [number, string][] = [];
    for (const color of ['#808080', '#c83c28', '#2040a0', '#28783c', '#d0c040', '#101014']) {
      const [r = 0, g = 0, b = 0] = Buffer.from(color.slice(1), 'hex');
      const photo = await avif(codesOf([linear(r), linear(g), linear(b)]), transfer);
      const [red, green, blue] = await shown(photo);
      differences.push([ciede2000(labOf(red, green, blue), labOf(r, g, b)), color]);
    }
    const [worst] = differences.toSorted(([one], [other]) => other - one);
    // Measured: PQ 0.35, HLG 0.10, from ten bits and the encoder.
    expect(worst?.[0]).toBeLessThan(1);
  });

  it('keeps what is brighter than white apart, and never darker than it', async () => {
    const grey = async (whites: number) =>
      (await shown(await avif(pqCodes([whites, whites, whites]), PQ)))[0];
    const [white, double, fourfold] = [await grey(1), await grey(2), await grey(4)];
    expect(white).toBeGreaterThan(240);
    expect(double).toBeGreaterThan(white);
    expect(fourfold).toBeGreaterThanOrEqual(double);
  });

  it('is known in a HEIC, too', async () => {
    const plain = await shown(heic('plain'));
    const high = await shown(inPrimaries(heic('plain'), BT2020, PQ));
    // #e0d020, the last quarter, read as PQ: far brighter than white; changed, but not black.
    expect(high).not.toEqual(plain);
    expect(Math.max(...high)).toBeGreaterThan(240);
  });
});
