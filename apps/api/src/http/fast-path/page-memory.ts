import type { ApiReply } from '../call.js';

/** More than a page of 20 posts usually takes. A longer page gets its own memory. */
const PIECE = 64 * 1024;
/** The maximum number of free pieces: 4 MB. */
const MOST = 64;

const free: Buffer[] = [];

/**
 * Memory for one response, reused after the operating system has taken the bytes. Fresh memory for each page was a tenth of
 * its cost: it must be found, mapped and brought into the processor's cache, and freeing it causes garbage collections.
 *
 * Callers must write the whole piece, and send it only as this reply's body. If a client leaves before the end, the memory
 * is not reused: part of it may still be waiting to be sent.
 */
export function memoryFor(reply: ApiReply, length: number): Buffer {
  if (length > PIECE) return Buffer.allocUnsafe(length);
  const piece = free.pop() ?? Buffer.allocUnsafeSlow(PIECE);
  reply.raw.once('finish', () => {
    if (free.length < MOST) free.push(piece);
  });
  return piece.subarray(0, length);
}
