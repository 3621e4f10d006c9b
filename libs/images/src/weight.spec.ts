import { chmod, copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildChild } from '../../../test/fixtures/built-child.js';
import { DevelopPool } from './develop-pool.js';
import { heicWeight, HEAVY_TOGETHER, LIGHT, weightOf } from './weight.js';

const limits = { pixels: 1e8, formats: ['image/jpeg'], developSeconds: 20, childMemory: 1e9 };

/** A child that takes long for a heavy photo; a photo's bytes are its weight, and the answer says when it was open. */
const CHILD = `
  import { readFileSync } from 'node:fs';
  import { Socket } from 'node:net';
  import { frameStart, readFrames } from './frames.mjs';
  const channel = new Socket({ fd: 3 });
  const say = (head) => channel.write(frameStart(head, 0));
  channel.on('error', () => undefined).on('close', () => process.exit());
  let asked;
  const answer = () => {
    const bytes = Number(readFileSync(asked.inputPath, 'utf8'));
    if (bytes > asked.mayHold) return say({ kind: 'heavy', bytes });
    const from = Date.now();
    const done = () => say({ kind: 'rejected', code: 'photo_damaged', reason: JSON.stringify({ from, to: Date.now() }) });
    setTimeout(done, bytes > 100e6 ? 400 : 20);
  };
  readFrames(channel, { head: 65536, body: 0 }, { piece() {}, end: answer, head: (head) => (asked = head) });
  say({ kind: 'started' });`;

let folder: string;
let pool: DevelopPool;
let photos = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'narwhal-weight-'));
  // Another user comes as far as the child's file.
  await chmod(folder, 0o711);
  const childFile = join(folder, 'libs/images/src/child.mjs');
  await mkdir(dirname(childFile), { recursive: true });
  await writeFile(childFile, CHILD);
  await copyFile(join(dirname(await buildChild()), 'frames.js'), join(dirname(childFile), 'frames.mjs'));
  pool = new DevelopPool({ concurrency: 3, childFile });
  await pool.warm();
});
afterAll(async () => {
  await pool?.close();
  await rm(folder, { recursive: true });
});

const open = async (bytes: number) => {
  const inputPath = join(folder, `photo-${(photos += 1)}`);
  await writeFile(inputPath, `${bytes}`);
  const said: unknown = await pool
    .develop({ inputPath, outputFolder: folder, limits })
    .catch((error: unknown) => error);
  const { message } = (said as Error).cause as Error;
  return { bytes, ...(JSON.parse(message) as { from: number; to: number }) };
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
