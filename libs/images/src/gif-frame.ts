import { open } from 'node:fs/promises';
import type { Size } from '@app/platform/photos';

export interface Frame extends Size {
  left: number;
  top: number;
}

/** Comments and XMP may precede the first frame; a frame after more than this counts as a whole one. */
const HEAD_BYTES = 1_048_576;

/** The size of a colour table in bytes, by the flags of its owner. */
const tableBytes = (flags: number): number => (flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0);

function firstFrame(head: Buffer): Frame | null {
  let at = 13 + tableBytes(head.readUInt8(10));
  // An extension: its label, then blocks, each preceded by its length, up to one of length 0.
  while (head.readUInt8(at) === 0x21) {
    at += 2;
    for (let length = head.readUInt8(at); length !== 0; length = head.readUInt8(at)) at += length + 1;
    at += 1;
  }
  if (head.readUInt8(at) !== 0x2c) return null;
  const [left = 0, top = 0, width = 0, height = 0] = [1, 3, 5, 7].map((field) =>
    head.readUInt16LE(at + field),
  );
  return { left, top, width, height };
}

/**
 * The part of a GIF's canvas that its first frame covers (GIF89a, 20); null when it covers all. The library paints the rest
 * black unless the frame has a transparent colour.
 */
export async function partialFrame(path: string, canvas: Size): Promise<Frame | null> {
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    const frame = firstFrame(buffer.subarray(0, bytesRead));
    if (!frame) return null;
    const width = Math.min(frame.width, canvas.width - frame.left);
    const height = Math.min(frame.height, canvas.height - frame.top);
    const isWhole = width === canvas.width && height === canvas.height;
    return isWhole || width <= 0 || height <= 0 ? null : { ...frame, width, height };
  } catch (error) {
    // The file ends too early: the decoder decides whether it holds a picture.
    if (error instanceof RangeError) return null;
    throw error;
  } finally {
    await file.close();
  }
}
