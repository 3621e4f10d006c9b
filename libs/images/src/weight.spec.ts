import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DevelopPool } from './develop-pool.js';
import { heicWeight, HEAVY_TOGETHER, LIGHT, weightOf } from './weight.js';

const limits = { pixels: 1e8, formats: ['image/jpeg'], developSeconds: 20, childMemory: 1e9 };

/** A child that takes long for a heavy photo; the path is the photo's weight, and its size records when it was open. */
const CHILD = `
  process.on('message', ({ inputPath, mayHold }) => {
    const bytes = Number(inputPath);
    if (bytes > mayHold) return process.send({ kind: 'heavy', bytes });
    const width = Date.now();
    setTimeout(() => process.send({ kind: 'developed', developed: { width, height: Date.now() } }), bytes > 100e6 ? 400 : 20);
  });
  process.on('disconnect', () => process.exit());
  process.send({ kind: 'started' });`;

let folder: string;
let pool: DevelopPool;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'narwhal-weight-'));
  await writeFile(join(folder, 'child.mjs'), CHILD);
  pool = new DevelopPool({ concurrency: 3, childFile: join(folder, 'child.mjs') });
  await pool.warm();
});
afterAll(async () => {
  await pool.close();
  await rm(folder, { recursive: true });
});

const open = async (bytes: number) => {
  const { width: from, height: to } = await pool.develop({
    inputPath: `${bytes}`,
    outputFolder: folder,
    limits,
  });
  return { bytes, from, to };
};

describe('photos that hold much while they are decoded', () => {
  it('are open together only as far as there is room, and let light ones pass', async () => {
    const sizes = [900e6, 200e6, 140e6, 150e6, 1e6, 1e6, 1e6, 1e6, 1e6, 200e6];
    const all = await Promise.all(sizes.map(open));
    const heavy = all.filter(({ bytes }) => bytes > LIGHT);
    for (const { from } of heavy) {
      const together = heavy.filter((other) => other.from <= from && from < other.to);
      const sum = together.reduce((bytes, other) => bytes + other.bytes, 0);
      expect(together.length === 1 || sum <= HEAVY_TOGETHER).toBe(true);
    }
    const alone = all.find(({ bytes }) => bytes > HEAVY_TOGETHER);
    const beside = all.filter(({ from, to }) => alone && from < alone.to && alone.from < to);
    expect(beside).toEqual([alone]);
    const light = all.filter(({ bytes }) => bytes <= LIGHT);
    expect(Math.max(...light.map(({ from }) => from))).toBeLessThan(Math.max(...heavy.map(({ to }) => to)));
  });

  it('are told by format and pixels, before any is decoded', () => {
    const [width, height] = [8_064, 6_048];
    const base = { width, height, channels: 3 as const, depth: 'uchar' as const, isProgressive: false };
    const isLight = (header: Parameters<typeof weightOf>[0]) => weightOf(header) <= LIGHT;
    expect(isLight({ ...base, format: 'jpeg' })).toBe(true);
    expect(isLight({ ...base, format: 'png' })).toBe(true);
    expect(isLight({ ...base, format: 'jpeg', isProgressive: true })).toBe(false);
    expect(isLight({ ...base, format: 'heif' })).toBe(false);
    expect(weightOf({ ...base, format: 'heif' })).toBeGreaterThan(750e6);
    expect(heicWeight(base)).toBe(HEAVY_TOGETHER);
    expect(heicWeight({ width: 4_032, height: 3_025 }) * 2).toBeLessThan(HEAVY_TOGETHER);
    expect(heicWeight({ width: 4_284, height: 3_213 }) * 2).toBeGreaterThan(HEAVY_TOGETHER);
  });
});
