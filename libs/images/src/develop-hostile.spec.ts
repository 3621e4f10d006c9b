import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { buildChild } from '../../../test/fixtures/built-child.js';
import { heic } from '../../../test/fixtures/heif-boxes.js';
import { hostile, odd } from '../../../test/fixtures/hostile.js';
import { quarters } from '../../../test/fixtures/photos.js';
import { DevelopPool } from './develop-pool.js';
import { PhotoRejected } from './faults.js';
import { patient } from '../../../test/harness/pace.js';

vi.setConfig({ testTimeout: patient(120_000) });

const formats = ['image/jpeg', 'image/png', 'image/webp', 'image/avif', 'image/heic', 'image/gif'];
const limits = { pixels: 268_402_689, formats, developSeconds: 20, childMemory: 1.5e9 };

let folder: string;
let childFile: string;
let pool: DevelopPool;
let good: string;
let photos = 0;
beforeAll(async () => {
  childFile = await buildChild();
  folder = await mkdtemp(join(tmpdir(), 'narwhal-hostile-'));
  pool = new DevelopPool({ concurrency: 2, childFile });
  await pool.warm();
  good = join(folder, 'good');
  await writeFile(good, await quarters(300, 200).jpeg().toBuffer());
});
afterAll(async () => {
  await pool.close();
  await rm(folder, { recursive: true });
});

/** `taken`, or the code; no message to people may contain internals of ours or of a library. */
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
  });

  it.each(Object.entries(odd))('is let go where the picture is good: %s', async (_, make) => {
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
  });
});
