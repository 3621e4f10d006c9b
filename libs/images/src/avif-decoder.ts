import { constants, copyFile, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Decoder } from './decoders.js';
import { bySharp } from './sharp-decoder.js';

/** The offsets of the major brand, after the box's length and `ftyp`, and of the first compatible brand. */
const BRANDS_AT = [8, 16];

const decodeStill = bySharp('heif');

async function isStill(path: string): Promise<boolean> {
  const file = await open(path, 'r');
  try {
    const { buffer } = await file.read(Buffer.alloc(4), 0, 4, 8);
    return buffer.toString('latin1') === 'avif';
  } finally {
    await file.close();
  }
}

async function saidToBeStill(path: string, copy: string): Promise<void> {
  await copyFile(path, copy, constants.COPYFILE_FICLONE);
  const file = await open(copy, 'r+');
  try {
    for (const at of BRANDS_AT) await file.write('avif', at, 'latin1');
  } finally {
    await file.close();
  }
}

/**
 * AVIF, by sharp. A sequence also holds its first frame as a picture, but the library goes by the major brand and opens no file
 * whose brand is a film's or unknown to it: it gets a copy that claims to be a picture.
 */
export const avifDecoder: Decoder = async (path, limits) => {
  if (await isStill(path)) return decodeStill(path, limits);
  const copy = join(limits.scratch, 'still.avif');
  try {
    await saidToBeStill(path, copy);
    return await decodeStill(copy, limits);
  } finally {
    await rm(copy, { force: true });
  }
};
