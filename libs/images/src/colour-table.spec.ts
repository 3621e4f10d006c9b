import sharp, { type Sharp } from 'sharp';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ciede2000, labOf } from '../../../test/fixtures/ciede2000.js';
import { Developing, meanColor } from '../../../test/fixtures/developing.js';
import { box, heic, inPrimaries, withProperty } from '../../../test/fixtures/heif-boxes.js';
import { iccProfile, pngColours, withChunks } from '../../../test/fixtures/icc-profile.js';
import { markdownTable } from '../../../test/harness/markdown-table.js';
import { DevelopPool } from './develop-pool.js';

const photos = new Developing((childFile) => new DevelopPool({ concurrency: 2, childFile }));
beforeAll(() => photos.start());
afterAll(() => photos.stop());

type Numbers = [number, number, number];
type Make = (numbers: Numbers) => Buffer | Promise<Buffer>;

const [WIDTH, HEIGHT] = [96, 64];
const { cICP, iCCP, sRGB, gAMA, cHRM } = pngColours;
const v2 = iccProfile(2, 'adobe');
const v4 = iccProfile(4, 'p3');

/** A picture of these numbers, in any coding. */
function flat(numbers: Numbers): Sharp {
  const data = Buffer.alloc(WIDTH * HEIGHT * 3).map((_, at) => numbers[at % 3] ?? 0);
  return sharp(data, { raw: { width: WIDTH, height: HEIGHT, channels: 3 } });
}
function long(numbers: Numbers): Sharp {
  const data = new Uint16Array(WIDTH * HEIGHT * 3).map((_, at) => (numbers[at % 3] ?? 0) * 257);
  return sharp(data, { raw: { width: WIDTH, height: HEIGHT, channels: 3 } }).toColourspace('rgb16');
}
const png =
  (...chunks: Buffer[]): Make =>
  async (numbers) =>
    withChunks(await flat(numbers).png().toBuffer(), ...chunks);
const longPng =
  (...chunks: Buffer[]): Make =>
  async (numbers) =>
    withChunks(await long(numbers).png().toBuffer(), ...chunks);

/** The same numbers with the same profile, written in another format. */
const profiled =
  (from: Make, write: (image: Sharp) => Sharp): Make =>
  async (numbers) =>
    write(sharp(await from(numbers)).keepIccProfile()).toBuffer();

const QUALITY = { quality: 100, effort: 0 } as const;
const jpeg = (image: Sharp) => image.jpeg({ quality: 100, chromaSubsampling: '4:4:4' });
const webp = (image: Sharp) => image.webp({ lossless: true });
const avif = (image: Sharp) => image.avif(QUALITY);
const deep = (bitdepth: 10 | 12) => (image: Sharp) =>
  image.toColourspace('rgb16').avif({ ...QUALITY, bitdepth });

const codedAvif =
  (primaries: number, transfer: number): Make =>
  async (numbers) =>
    inPrimaries(await avif(flat(numbers)).toBuffer(), primaries, transfer);
const codedDeepAvif =
  (primaries: number, transfer: number): Make =>
  async (numbers) =>
    inPrimaries(await deep(10)(long(numbers)).toBuffer(), primaries, transfer);
/** Its second quarter has the numbers that the table lists. */
const codedHeic =
  (primaries: number, transfer: number): Make =>
  () =>
    inPrimaries(heic('plain'), primaries, transfer);
const profiledHeic = (name: 'plain' | 'alpha' | 'ten-bit', profile: Buffer) => () =>
  withProperty(heic(name), box('colr', 'prof', profile));

const P3 = [0.3127, 0.329, 0.68, 0.32, 0.265, 0.69, 0.15, 0.06];

const makes: Record<string, Make> = {
  'JPEG: nothing': (numbers) => jpeg(flat(numbers)).toBuffer(),
  'JPEG: ICC profile, version 2 (Adobe RGB)': profiled(png(iCCP(v2)), jpeg),
  'JPEG: ICC profile, version 4 (Display P3)': profiled(png(iCCP(v4)), jpeg),
  'JPEG: CMYK without a profile': async (numbers) => jpeg(flat(numbers).toColourspace('cmyk')).toBuffer(),
  'PNG: nothing': png(),
  'PNG: `cICP` 12, 13 (Display P3)': png(cICP(12, 13)),
  'PNG: `cICP` 12, 13, 16 bits': longPng(cICP(12, 13)),
  'PNG: `cICP` 9, 14 (BT.2020)': png(cICP(9, 14)),
  'PNG: `cICP` 1, 8 (linear)': png(cICP(1, 8)),
  'PNG: `cICP` 9, 16 (PQ), 16 bits': longPng(cICP(9, 16)),
  'PNG: `cICP` 9, 18 (HLG), 16 bits': longPng(cICP(9, 18)),
  'PNG: `cICP` 12, 13 and an ICC profile': png(cICP(12, 13), iCCP(v2)),
  'PNG: ICC profile, version 2 (Adobe RGB)': png(iCCP(v2)),
  'PNG: ICC profile, version 4 (Display P3)': png(iCCP(v4)),
  'PNG: ICC profile (Adobe RGB), 16 bits': longPng(iCCP(v2)),
  'PNG: ICC profile (Display P3) and `gAMA` 1': png(iCCP(v4), gAMA(1)),
  'PNG: `sRGB` and `gAMA` 1': png(sRGB(), gAMA(1)),
  'PNG: `gAMA` 1': png(gAMA(1)),
  'PNG: `gAMA` 1, 16 bits': longPng(gAMA(1)),
  'PNG: `gAMA` 0.45455': png(gAMA(0.45455)),
  'PNG: `gAMA` 0.55556 and `cHRM` of Display P3': png(gAMA(1 / 1.8), cHRM(...P3)),
  'WebP: nothing': (numbers) => webp(flat(numbers)).toBuffer(),
  'WebP: ICC profile (Adobe RGB)': profiled(png(iCCP(v2)), webp),
  'AVIF: nothing': (numbers) => avif(flat(numbers)).toBuffer(),
  'AVIF: `nclx` 12, 13 (Display P3)': codedAvif(12, 13),
  'AVIF: `nclx` 9, 14 (BT.2020)': codedAvif(9, 14),
  'AVIF: `nclx` 1, 8 (linear)': codedAvif(1, 8),
  'AVIF: `nclx` 9, 16 (PQ), 10 bits': codedDeepAvif(9, 16),
  'AVIF: `nclx` 9, 18 (HLG), 10 bits': codedDeepAvif(9, 18),
  'AVIF: ICC profile (Adobe RGB)': profiled(png(iCCP(v2)), avif),
  'AVIF: ICC profile (Adobe RGB), 10 bits': profiled(longPng(iCCP(v2)), deep(10)),
  'AVIF: ICC profile (Display P3), 12 bits': profiled(longPng(iCCP(v4)), deep(12)),
  'HEIC: nothing': () => heic('plain'),
  'HEIC: `nclx` 12, 13 (Display P3)': codedHeic(12, 13),
  'HEIC: `nclx` 9, 14 (BT.2020)': codedHeic(9, 14),
  'HEIC: `nclx` 1, 8 (linear)': codedHeic(1, 8),
  'HEIC: `nclx` 9, 16 (PQ)': codedHeic(9, 16),
  'HEIC: `nclx` 9, 18 (HLG)': codedHeic(9, 18),
  'HEIC: ICC profile (Adobe RGB)': profiledHeic('plain', v2),
  'HEIC: ICC profile (Display P3), 10 bits': profiledHeic('ten-bit', v4),
  'HEIC: ICC profile (Adobe RGB), transparent': profiledHeic('alpha', v2),
  'GIF: nothing': (numbers) => flat(numbers).gif().toBuffer(),
};

const rows = markdownTable('photos.md', 'What numbers mean').map((row) => ({
  name: `${row.format}: ${row['what the file says']}`,
  numbers: row.numbers?.split(' ').map(Number) as Numbers,
  shown: row['shown as']?.split(' ').map(Number) as Numbers,
}));

it('every way in which a file says what its colours are has its row, and every row is tried', () => {
  expect(rows.map(({ name }) => name)).toEqual(Object.keys(makes));
});

it.each(rows)('$name: $numbers are shown as $shown', async ({ name, numbers, shown }) => {
  const photo = await makes[name]?.(numbers);
  if (!photo) throw new Error('expected a way to make it');
  // The second quarter of the small HEICs has these numbers.
  const color = meanColor(await (await photos.develop(photo)).pixels(), [0.6, 0.1, 0.9, 0.4]);
  expect(ciede2000(labOf(...color), labOf(...shown))).toBeLessThan(1.5);
});

// Drawn by other programs: bars of 220 30 30, 30 200 30 and 30 30 220 and a page of 240 240 240, in the coding of each.
it.each<[string, Numbers]>([
  ['p3-16bit.png', [220, 30, 30]],
  ['p3-10bit.avif', [220, 30, 30]],
  ['p3.heic', [220, 30, 30]],
  ['no-eoi.jpg', [220, 30, 30]],
  ['cicp-p3.png', [241, 0, 0]],
  ['avif-cicp-p3.avif', [241, 0, 0]],
  ['gama1.png', [239, 96, 96]],
  ['gif-partial-first.gif', [255, 255, 255]],
])('%s begins with %s', async (name, shown) => {
  const made = await photos.develop(
    new URL(`../../../test/fixtures/colour/${name}`, import.meta.url).pathname,
  );
  const color = meanColor(await made.pixels(), [0.05, 0.1, 0.15, 0.2]);
  expect(ciede2000(labOf(...color), labOf(...shown))).toBeLessThan(1.5);
});

it('the part of a GIF that its first frame covers keeps its colour', async () => {
  const made = await photos.develop(
    new URL('../../../test/fixtures/colour/gif-partial-first.gif', import.meta.url).pathname,
  );
  expect(made.result).toMatchObject({ width: 200, height: 120 });
  const color = meanColor(await made.pixels(), [0.4, 0.4, 0.6, 0.6]);
  expect(ciede2000(labOf(...color), labOf(255, 0, 0))).toBeLessThan(1.5);
});
