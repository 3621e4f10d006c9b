import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32, deflateSync } from 'node:zlib';
import sharp from 'sharp';
import type { Size } from '@app/platform/photos';
import { rawPixels, type Pixels } from './pixels.js';

function chunk(type: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const frame = Buffer.alloc(8);
  frame.writeUInt32BE(data.length, 0);
  frame.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
}

/**
 * Pixels with a colour profile, as an uncompressed PNG: the one way to pass both to sharp, which takes raw pixels only without
 * a profile. The chunks are those of the PNG specification (ISO/IEC 15948): every row begins with filter 0, and nothing is
 * deflated, only stored.
 */
function profiledPng({ data, width, height }: Pixels, profile: Uint8Array): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  // 8 bits, red green blue, and the only methods of compression, filter and order.
  header.set([8, 2, 0, 0, 0], 8);
  const row = width * 3;
  const rows = Buffer.alloc((row + 1) * height);
  for (let y = 0; y < height; y += 1) data.copy(rows, y * (row + 1) + 1, y * row, (y + 1) * row);
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    chunk('iCCP', Buffer.concat([Buffer.from('icc\0\0', 'latin1'), deflateSync(profile)])),
    chunk('IDAT', deflateSync(rows, { level: 0 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/**
 * Pixels in the colours of `profile`, resized and in sRGB. Through a file, because the library opens nothing else here: another
 * loader, unblocked for our sake, would be open to untrusted files, too.
 */
export async function throughProfile(
  pixels: Pixels,
  profile: Uint8Array,
  { width, height }: Size,
  scratch: string,
): Promise<Pixels> {
  const path = join(scratch, 'profiled.png');
  try {
    await writeFile(path, profiledPng(pixels, profile));
    const image = sharp(path, { limitInputPixels: false });
    return await rawPixels(image.resize(width, height, { fit: 'fill' }).toColourspace('srgb'));
  } finally {
    await rm(path, { force: true });
  }
}
