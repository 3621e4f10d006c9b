import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildChild, type BuiltChild } from '../../../../test/fixtures/built-child.js';
import { box, declaring, heic, manyItems } from '../../../../test/fixtures/heif-boxes.js';
import { declaredPng, notPhotos, plain, quarters } from '../../../../test/fixtures/photos.js';
import { DevelopPool } from './develop-pool.js';
import { PhotoRejected } from './faults.js';

const formats = ['image/jpeg', 'image/png', 'image/webp', 'image/avif', 'image/heic', 'image/gif'];
const limits = { pixels: 268_402_689, formats, developSeconds: 20, childMemory: 1.5e9 };
const MiB = 1_024 * 1_024;

let folder: string;
let built: BuiltChild;
let pool: DevelopPool;
let good: string;
let photos = 0;
beforeAll(async () => {
  built = buildChild();
  folder = await mkdtemp(join(tmpdir(), 'narwhal-hostile-'));
  pool = new DevelopPool({ concurrency: 2, childFile: built.childFile });
  await pool.warm();
  good = join(folder, 'good');
  await writeFile(good, await quarters(300, 200).jpeg().toBuffer());
});
afterAll(async () => {
  await pool.close();
  built.remove();
  await rm(folder, { recursive: true });
});

/** `taken`, or the code; whatever is said to people may hold nothing of ours or of a library's. */
async function outcomeOf(inputPath: string): Promise<string> {
  photos += 1;
  const outputFolder = join(folder, `out-${photos}`);
  await mkdir(outputFolder);
  try {
    await pool.develop({ inputPath, outputFolder, limits });
    return 'taken';
  } catch (error) {
    if (!(error instanceof PhotoRejected)) throw error;
    expect(error.message).not.toMatch(/vips|heif|\/|\bat\b .*:\d|error/i);
    return error.code;
  }
}

/** A JPEG with comments between its header and the picture: 65,533 bytes are the most that one holds. */
async function commented(bytes: number): Promise<Buffer> {
  const photo = await quarters(300, 200).jpeg().toBuffer();
  const comment = Buffer.concat([Buffer.from([0xff, 0xfe, 0xff, 0xff]), Buffer.alloc(65_533, 'a')]);
  const comments = Array.from({ length: Math.ceil(bytes / comment.length) }, () => comment);
  return Buffer.concat([photo.subarray(0, 2), ...comments, photo.subarray(2)]);
}

/** Exif whose first directory names itself as the next one, and itself as its own Exif directory. */
async function loopingExif(): Promise<Buffer> {
  const photo = await quarters(300, 200).jpeg().toBuffer();
  const tiff = Buffer.from('49492a0008000000010069870400010000000800000008000000', 'hex');
  const body = Buffer.concat([Buffer.from('Exif\0\0', 'latin1'), tiff]);
  const head = Buffer.from([0xff, 0xe1, 0, body.length + 2]);
  return Buffer.concat([photo.subarray(0, 2), head, body, photo.subarray(2)]);
}

/** The picture header of a WebP: 14 bits a side, and nothing that fills them. */
async function declaredWebp(): Promise<Buffer> {
  const webp = await plain(16, 16, '#123456').webp().toBuffer();
  const size = webp.indexOf(Buffer.from([0x9d, 0x01, 0x2a])) + 3;
  webp.writeUInt16LE(16_383, size);
  webp.writeUInt16LE(16_383, size + 2);
  return webp;
}

const gifBomb = Buffer.from(
  'GIF89a\xff\xff\xff\xff\x80\0\0\0\0\0\xff\xff\xff,\0\0\0\0\xff\xff\xff\xff\0\x02\x02D\x01\0;',
  'latin1',
);

const hostile: Record<string, () => Buffer | Promise<Buffer>> = {
  'a PNG that declares 2.5 gigapixels': () => declaredPng(50_000, 50_000),
  'a PNG that declares what is just allowed': () => declaredPng(16_383, 16_383),
  'a GIF that declares 4 gigapixels': () => gifBomb,
  'a WebP that declares 268 MP': declaredWebp,
  'an AVIF that declares 4 gigapixels': async () =>
    declaring(await plain(64, 64, '#123456').avif().toBuffer(), 65_535, 65_535),
  'a HEIC that declares 4 gigapixels': () => declaring(heic('plain'), 65_535, 65_535),
  'a HEIC that declares 200 MP': () => declaring(heic('plain'), 16_000, 12_500),
  'a HEIC with 10,000 items': () => manyItems(10_000),
  'a HEIC of boxes in boxes': () => {
    let nested = box('free');
    for (let depth = 0; depth < 5_000; depth += 1) nested = box('iprp', nested);
    return Buffer.concat([box('ftyp', 'heic\0\0\0\0mif1heic'), box('meta', Buffer.alloc(4), nested)]);
  },
  TIFF: () => plain(9, 9, '#123456').tiff().toBuffer(),
  'a JPEG that goes on as a page': async () =>
    Buffer.concat([
      (await quarters(300, 200).jpeg().toBuffer()).subarray(0, 600),
      Buffer.from('<html><script>alert(1)</script></html>'.repeat(90)),
    ]),
  ...Object.fromEntries(Object.entries(notPhotos).map(([name, bytes]) => [name, () => bytes])),
};

describe('what is meant to do harm', () => {
  it('is rejected with a code, within the time, while good photos beside it are developed', async () => {
    const outcomes = await Promise.all(
      Object.entries(hostile).map(async ([name, make], index) => {
        const path = join(folder, `hostile-${index}`);
        await writeFile(path, await make());
        const [code, beside] = await Promise.all([outcomeOf(path), outcomeOf(good)]);
        return { name, code, beside };
      }),
    );
    for (const outcome of outcomes)
      expect(outcome).toEqual({ ...outcome, code: expect.stringMatching(/_/), beside: 'taken' });
  }, 120_000);

  it.each<[string, () => Promise<Buffer>]>([
    ['45 MiB of comments', () => commented(45 * MiB)],
    ['Exif that names itself', loopingExif],
    [
      'a page behind the picture',
      async () =>
        Buffer.concat([await quarters(90, 60).jpeg().toBuffer(), Buffer.from('<html>PK\x03\x04%PDF')]),
    ],
  ])('is let go where the picture is good: %s', async (_, make) => {
    const path = join(folder, 'odd');
    await writeFile(path, await make());
    expect(await outcomeOf(path)).toBe('taken');
  });

  it('cuts a HEIC off anywhere', async () => {
    sharp.cache(false);
    const photo = heic('p3');
    const codes = new Map<number, string>();
    const path = (point: number) => join(folder, `cut-${point}`);
    const points = Array.from({ length: 200 }, (_, index) => Math.floor(((photo.length - 8) * index) / 199));
    await Promise.all(
      [...new Set(points)].map(async (point) => {
        await writeFile(path(point), photo.subarray(0, point));
        codes.set(point, await outcomeOf(path(point)));
      }),
    );
    for (const [point, code] of codes) expect([point, code]).not.toEqual([point, 'taken']);
    expect(await outcomeOf(good)).toBe('taken');
  }, 120_000);
});
