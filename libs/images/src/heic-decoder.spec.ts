import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import sharp, { type Sharp } from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Developing, meanColor, type Made, type Raw } from '../../../test/fixtures/developing.js';
import { heic, inPrimaries, mirrored, turned, withMain } from '../../../test/fixtures/heif-boxes.js';
import { hasRealPhotos, quarters, realPhotos } from '../../../test/fixtures/photos.js';
import { usesSystemHeif } from '../../../test/harness/env.js';
import { DevelopPool } from './develop-pool.js';
import type { Developed } from './developed.js';
import { nativeHeifTool } from './heic-native.js';

const [RED, GREEN, BLUE, YELLOW] = ['#d02020', '#20c040', '#2040d0', '#e0d020'];

const photos = new Developing((childFile) => new DevelopPool({ concurrency: 1, childFile }));
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'narwhal-heic-'));
  await photos.start();
});
afterAll(async () => {
  await photos.stop();
  await rm(folder, { recursive: true });
});

/** The colours in the middle of the four quarters: upper left, upper right, lower left, lower right. */
async function corners({ pixels }: Made<Developed>): Promise<number[][]> {
  const raw = await pixels();
  const middle = (left: number, top: number) =>
    meanColor(raw, [left - 0.05, top - 0.05, left + 0.05, top + 0.05]);
  return [0.25, 0.75].flatMap((top) => [0.25, 0.75].map((left) => middle(left, top)));
}

/** On the worst channel. */
function distance(actual: number[][], expected: string[]): number {
  const wanted = expected.flatMap((color) => [...Buffer.from(color.slice(1), 'hex')]);
  return Math.max(...actual.flat().map((value, at) => Math.abs(value - (wanted[at] ?? NaN))));
}

/** From the same package as the machine's decoder; without it no large HEIC can be made. */
const encoder = ['/usr/bin/heif-enc', '/opt/homebrew/bin/heif-enc'].find((path) => existsSync(path));
let large: Promise<string>;
beforeAll(() => {
  large = encoder ? encodedLarge(encoder) : Promise.resolve('');
  large.catch(() => undefined);
});

async function encodedLarge(program: string): Promise<string> {
  const [png, path] = [join(folder, 'large.png'), join(folder, 'large.heic')];
  await quarters(5_000, 3_000).png({ compressionLevel: 1 }).toFile(png);
  await promisify(execFile)(program, ['-q', '60', '-p', 'preset=ultrafast', png, '-o', path]);
  return path;
}

const decoders: [string, boolean][] = [['WebAssembly', false]];
if (nativeHeifTool && usesSystemHeif()) decoders.push(['the machine’s own', true]);

describe.each(decoders)('HEIC by %s', (_, systemHeif) => {
  it.each<[string, () => Buffer, string[]]>([
    ['as it is', () => heic('plain'), [RED, GREEN, BLUE, YELLOW]],
    ['in Display P3', () => heic('p3'), [RED, GREEN, BLUE, YELLOW]],
    ['with 10 bits', () => heic('ten-bit'), [RED, GREEN, BLUE, YELLOW]],
    ['transparent in a corner', () => heic('alpha'), [RED, GREEN, '#ffffff', YELLOW]],
    ['turned by irot', () => turned(heic('plain'), 1), [GREEN, YELLOW, RED, BLUE]],
    ['turned by irot, upside down', () => turned(heic('plain'), 2), [YELLOW, BLUE, GREEN, RED]],
    ['turned by irot, the other way', () => turned(heic('plain'), 3), [BLUE, RED, YELLOW, GREEN]],
    ['mirrored by imir', () => mirrored(heic('plain'), 1), [GREEN, RED, YELLOW, BLUE]],
    ['turned by Exif alone, which is not asked', () => heic('turned'), [RED, GREEN, BLUE, YELLOW]],
    ['the second of two', () => withMain(heic('two'), 2), [RED, GREEN, BLUE, YELLOW]],
    ['the first of two', () => heic('two'), ['#101010', '#101010', '#101010', '#101010']],
  ])('%s', async (what, make, expected) => {
    const made = await photos.develop(make(), { systemHeif });
    const isTurned = what.startsWith('turned by irot') && !what.includes('upside');
    if (!what.includes('first of two'))
      expect(made.result).toMatchObject(isTurned ? { width: 128, height: 192 } : { width: 192, height: 128 });
    expect(distance(await corners(made), expected)).toBeLessThan(5);
  });

  it('in Display P3 by number: as if its profile were embedded', async () => {
    const [red, , blue] = await corners(await photos.develop(inPrimaries(heic('plain'), 12), { systemHeif }));
    // By lcms: `transicc -i p3.icc -o '*sRGB' -t 1`. The red is outside of sRGB, which clips it.
    expect(distance([red ?? [], blue ?? []], ['#e3000b', '#1341d8'])).toBeLessThan(4);
  });

  it.skipIf(!encoder)(
    'of 15 MP in one piece',
    async () => {
      const made = await photos.develop(await large, { systemHeif });
      expect(made.result).toMatchObject({ width: 5_000, height: 3_000 });
      expect((await made.pixels()).info).toMatchObject({ width: 1_080, height: 648 });
      expect(distance(await corners(made), [RED, GREEN, BLUE, YELLOW])).toBeLessThan(6);
    },
    60_000,
  );

  it.skipIf(!hasRealPhotos)('of a real phone', async () => {
    const path = join(realPhotos, 'iphone-12mp-displayp3-gps.heic');
    const made = await photos.develop(path, { systemHeif });
    expect(made.result).toMatchObject({ width: 4032, height: 3024 });
    expect((await made.pixels()).info).toMatchObject({ width: 1080, height: 810 });
  });
});

describe.skipIf(!hasRealPhotos)('a real photo, made of tiles', () => {
  const path = join(realPhotos, 'iphone-12mp-displayp3-gps.heic');
  const open = ({ data, info: { width, height } }: Raw) =>
    sharp(data, { raw: { width, height, channels: 3 } });
  const decoded = async (photo: Buffer) => (await photos.develop(photo, { systemHeif: false })).pixels();
  const pixelsOf = (png: Buffer) => sharp(png).raw().toBuffer();
  const small = (image: Sharp) => image.resize(40, 40, { fit: 'fill' }).png().toBuffer();
  let file: Buffer;
  let straight: Raw;
  beforeAll(async () => {
    file = await readFile(path);
    straight = await decoded(file);
  });

  it.each([
    ['irot', 1],
    ['irot', 2],
    ['irot', 3],
    ['imir', 0],
    ['imir', 1],
  ])('%s %i is as if the whole were turned', async (type, value) => {
    const changed = Buffer.from(file);
    const at = changed.indexOf('irot', 0, 'latin1');
    changed.write(type, at, 'latin1');
    changed.writeUInt8(value, at + 4);
    const result = await decoded(changed);
    const mirrored = value === 1 ? open(straight).flop() : open(straight).flip();
    const expected = await small(type === 'irot' ? open(straight).rotate(-90 * value) : mirrored);
    const [actual, wanted] = [await pixelsOf(await small(open(result))), await pixelsOf(expected)];
    const mean = actual.reduce((sum, level, index) => sum + Math.abs(level - (wanted[index] ?? 0)), 0);
    expect(mean / actual.length).toBeLessThan(1.5);
  });
});
