import sharp, { type Sharp } from 'sharp';
import { renditions } from '../libs/platform/src/photos/renditions.ts';
import { ssim } from './ssim.ts';
import { photoBytes } from './uploads.ts';
import { printTable } from './measuring.ts';

/**
 * The size of each rendition of the 12 MP photo and its similarity to its own pixels, beside sharp's default settings at the
 * same similarity: their quality is adjusted until it matches (SSIM of luma), interpolating between two steps.
 */
type Encode = (image: Sharp) => Sharp;
type EncodeAs = (image: Sharp, width: number) => Sharp;

interface Encoded {
  bytes: number;
  closeness: number;
  /** Milliseconds of CPU. */
  cpu: number;
}

const ROUNDS = 5;

const ours: Record<string, EncodeAs> = {
  'image/webp': (image, width) =>
    image.webp({ quality: 80, effort: 4, preset: width > 150 ? 'photo' : 'default' }),
  'image/jpeg': (image) => image.jpeg({ quality: 80, progressive: true }),
};
const defaults: Record<string, (quality: number) => Encode> = {
  'image/webp': (quality) => (image) => image.webp({ quality }),
  'image/jpeg': (quality) => (image) => image.jpeg({ quality }),
};
/** Alternatives that were considered, for the widest ones. */
const others: Record<string, [name: string, encode: Encode][]> = {
  'image/webp': [
    ['effort 2', (image) => image.webp({ quality: 80, effort: 2, preset: 'photo' })],
    ['effort 6', (image) => image.webp({ quality: 80, effort: 6, preset: 'photo' })],
    ['smartSubsample', (image) => image.webp({ quality: 80, preset: 'photo', smartSubsample: true })],
  ],
  'image/jpeg': [
    ['mozjpeg', (image) => image.jpeg({ quality: 80, mozjpeg: true })],
    ['4:4:4', (image) => image.jpeg({ quality: 80, progressive: true, chromaSubsampling: '4:4:4' })],
  ],
};

const luma = (image: Sharp) => image.greyscale().raw().toBuffer();

async function encoded(
  pixels: Sharp,
  size: { width: number; height: number },
  encode: Encode,
  rounds = ROUNDS,
): Promise<Encoded> {
  const reference = await luma(pixels.clone());
  const times: number[] = [];
  let bytes = Buffer.alloc(0);
  for (let round = 0; round < rounds; round += 1) {
    const before = process.cpuUsage();
    bytes = Buffer.from(await encode(pixels.clone()).toBuffer());
    const { user, system } = process.cpuUsage(before);
    times.push((user + system) / 1_000);
  }
  const closeness = ssim(await luma(sharp(bytes)), reference, size.width, size.height);
  return { bytes: bytes.length, closeness, cpu: Math.min(...times) };
}

/** The bytes that sharp's defaults need for the same similarity: interpolates between the quality above and the one below. */
async function defaultBytes(
  pixels: Sharp,
  size: { width: number; height: number },
  type: string,
  closeness: number,
): Promise<number> {
  let below: Encoded | undefined;
  for (let quality = 60; quality <= 98; quality += 1) {
    const encode = defaults[type]?.(quality);
    if (!encode) break;
    const tried = await encoded(pixels, size, encode, 1);
    if (tried.closeness >= closeness) {
      if (!below) return tried.bytes;
      const share = (closeness - below.closeness) / (tried.closeness - below.closeness);
      return below.bytes + share * (tried.bytes - below.bytes);
    }
    below = tried;
  }
  return NaN;
}

export async function run(): Promise<void> {
  sharp.cache(false);
  sharp.concurrency(1);
  const source = sharp(await photoBytes()).autoOrient();
  const whole = sharp(
    await source.toColourspace('srgb').resize(1_080).png({ compressionLevel: 1 }).toBuffer(),
  );
  const rows: string[][] = [];
  const saved: number[] = [];
  for (const [name, rendition] of Object.entries(renditions)) {
    const height = 'square' in rendition ? rendition.width : undefined;
    const { data, info } = await whole
      .clone()
      .resize(rendition.width, height)
      .raw()
      .toBuffer({ resolveWithObject: true });
    const pixels = sharp(data, { raw: { width: info.width, height: info.height, channels: info.channels } });
    const encode = ours[rendition.type];
    if (!encode) throw new Error(`expected an encoder for ${rendition.type}`);
    const mine = await encoded(pixels, info, (image) => encode(image, rendition.width));
    const theirs = await defaultBytes(pixels, info, rendition.type, mine.closeness);
    saved.push(mine.bytes / theirs);
    const row = (label: string, { bytes, closeness, cpu }: Encoded, beside: string) => [
      label,
      String(bytes),
      closeness.toFixed(4),
      cpu.toFixed(1),
      beside,
    ];
    rows.push(
      row(
        `${name} ${info.width} x ${info.height}`,
        mine,
        `${((mine.bytes / theirs - 1) * 100).toFixed(1)} %`,
      ),
    );
    if (rendition.width < 1_080) continue;
    for (const [label, other] of others[rendition.type] ?? [])
      rows.push(row(`  ${label}`, await encoded(pixels, info, other), ''));
  }
  printTable(['rendition', 'bytes', 'SSIM', 'CPU ms', 'bytes beside defaults as close'], rows);
  const mean = saved.reduce((sum, share) => sum + share, 0) / saved.length;
  console.log(`\nrenditions: ratio ${mean.toFixed(2)} (goal at most 1.00)`);
}
