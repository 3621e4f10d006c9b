import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { heic } from '../../../test/fixtures/heif-boxes.js';
import { usesSystemHeif } from '../../../test/harness/env.js';
import { nativeHeifTool, nativePixels } from './heic-native.js';
import { prepareLibrary } from './library.js';

const photo = { width: 192, height: 128 };
const limits = { pixels: 1e8, developSeconds: 60, childMemory: 1e9, mayHold: Infinity, systemHeif: true };

let folder: string;
beforeAll(async () => {
  prepareLibrary();
  folder = await mkdtemp(join(tmpdir(), 'narwhal-native-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function pixelsOf(file: Buffer, { childMemory = 1e9, tool = nativeHeifTool } = {}) {
  const path = join(folder, 'original');
  await writeFile(path, file);
  return nativePixels(path, photo, { ...limits, childMemory, scratch: folder }, tool);
}

describe.skipIf(!nativeHeifTool || !usesSystemHeif())('the machine’s own decoder', () => {
  it('is really used', async () => {
    expect(await pixelsOf(heic('plain'))).toMatchObject(photo);
  });

  it('is left for the other where it fails, or may not take enough', async () => {
    expect(await pixelsOf(heic('plain').subarray(0, 400))).toBeNull();
    expect(await pixelsOf(heic('plain'), { childMemory: 1e6 })).toBeNull();
  });
});

it('a machine’s decoder that is not there, or no such program, is left for the other', async () => {
  expect(await pixelsOf(heic('plain'), { tool: null })).toBeNull();
  expect(await pixelsOf(heic('plain'), { tool: '/absent' })).toBeNull();
});
