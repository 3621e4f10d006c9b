import { open } from 'node:fs/promises';
import sharp from 'sharp';

/** What a picture's numbers mean where no ICC profile says it: codes of ITU-T H.273, from a `colr` box of type `nclx`. */
export interface Coding {
  primaries: number;
  transfer: number;
}

/** H.273's primaries: BT.709, whose are sRGB's; BT.2020; SMPTE EG 432-1, which is Display P3. */
export const SRGB_PRIMARIES = 1;
export const BT2020_PRIMARIES = 9;
export const P3_PRIMARIES = 12;

/** The boxes with the pictures' properties stand at a file's beginning. */
const HEAD_BYTES = 65_536;

/** Payloads of boxes of one type among those from `start` to `end` (ISO/IEC 14496-12: length, type, content). */
function boxes(file: Buffer, type: string, start: number, end: number): [start: number, end: number][] {
  const found: [number, number][] = [];
  for (let at = start; at + 8 <= end;) {
    const length = file.readUInt32BE(at);
    if (length < 8) break;
    if (file.toString('latin1', at + 4, at + 8) === type) found.push([at + 8, Math.min(at + length, end)]);
    at += length;
  }
  return found;
}

/**
 * The coding of an AVIF's picture: that of its first `nclx`, since a thumbnail or an alpha plane beside it has none of its own;
 * null where it has none. Read by hand, because sharp does not tell it.
 */
export async function codingOf(path: string): Promise<Coding | null> {
  const handle = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    const head = buffer.subarray(0, bytesRead);
    const [meta] = boxes(head, 'meta', 0, head.length);
    const [properties] = meta ? boxes(head, 'iprp', meta[0] + 4, meta[1]) : [];
    const [container] = properties ? boxes(head, 'ipco', ...properties) : [];
    for (const [at, end] of container ? boxes(head, 'colr', ...container) : []) {
      if (head.toString('latin1', at, at + 4) === 'nclx' && at + 8 <= end)
        return { primaries: head.readUInt16BE(at + 4), transfer: head.readUInt16BE(at + 6) };
    }
    return null;
  } finally {
    await handle.close();
  }
}

/** Display P3 as sharp brings it along, for pictures that name it by number instead of embedding it. */
export async function displayP3(): Promise<Buffer | null> {
  const dot = sharp({ create: { width: 1, height: 1, channels: 3, background: '#000' } });
  const { icc } = await sharp(await dot.withIccProfile('p3').png().toBuffer()).metadata();
  return icc ?? null;
}
