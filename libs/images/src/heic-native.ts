import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import type { DecodeLimits } from './decoders.js';
import { SYSTEM_HEIF_TOOLS } from './heif-tools.js';
import { decodedSize, rawPixels, type Pixels } from './pixels.js';
import type { Size } from '@app/platform/photos';

/** The machine's own decoder, which takes half the time; null if there is none. */
export const nativeHeifTool: string | null = SYSTEM_HEIF_TOOLS.find((path) => existsSync(path)) ?? null;

/** The kernel's limits, in the units of `ulimit`: KiB of address space and seconds of CPU. */
const LIMITED = 'ulimit -v "$1"; ulimit -t "$2"; shift 2; exec "$@"';

/** Whether the tool made a JPEG of the file's picture. It is in this process's group, so killing the group kills it. */
async function runTool(tool: string, input: string, output: string, limits: DecodeLimits): Promise<boolean> {
  const kibibytes = Math.ceil(limits.childMemory / 1_024);
  // At 100 the loss is invisible in a rendition of a quarter of the size.
  const command = [tool, '-q', '100', input, output];
  const child = spawn(
    '/bin/sh',
    ['-c', LIMITED, 'sh', `${kibibytes}`, `${Math.ceil(limits.developSeconds)}`, ...command],
    {
      env: { MALLOC_ARENA_MAX: '2' },
      stdio: 'ignore',
    },
  );
  try {
    const [code] = (await once(child, 'exit')) as [number | null];
    return code === 0 && existsSync(output);
  } catch {
    return false;
  }
}

/**
 * The pixels of a HEIC with one plain picture, by the machine's own decoder; null when it fails, so that only one place decides
 * whether the photo is at fault. It turns the picture and records that in the Exif that it copies, not always correctly:
 * orientation is not applied again.
 */
export async function nativePixels(
  input: string,
  photo: Size,
  limits: DecodeLimits,
  tool = nativeHeifTool,
): Promise<Pixels | null> {
  if (tool === null) return null;
  const output = join(limits.scratch, 'decoded.jpg');
  try {
    if (!(await runTool(tool, input, output, limits))) return null;
    const image = sharp(output, { limitInputPixels: limits.pixels, failOn: 'warning' });
    const made = await image.metadata();
    if (made.width !== photo.width || made.height !== photo.height) return null;
    const { width, height } = decodedSize(photo);
    return await rawPixels(image.resize(width, height, { fit: 'fill' }).toColourspace('srgb'));
  } catch {
    return null;
  } finally {
    await rm(output, { force: true });
  }
}
