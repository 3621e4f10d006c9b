import { open } from 'node:fs/promises';
import type { Size } from '@app/platform/photos';

export interface Frame extends Size {
  left: number;
  top: number;
}

/** Comments and XMP may stand before the first frame; one behind more than this is taken for a whole one. */
const HEAD_BYTES = 1_048_576;

/** How many bytes a table of colours takes, by the flags of what it belongs to. */
const tableBytes = (flags: number): number => (flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0);

function firstFrame(head: Buffer): Frame | null {
  let at = 13 + tableBytes(head.readUInt8(10));
  // An extension: its label, then blocks, each with its length before it, up to one of length 0.
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
 * The part of a GIF's canvas that its first frame covers (GIF89a, 20); null where that is all of it. The library paints the
 * rest black unless the frame has a transparent colour.
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
    // It ends too early: whether there is a picture in it is the decoder's to say.
    if (error instanceof RangeError) return null;
    throw error;
  } finally {
    await file.close();
  }
}
