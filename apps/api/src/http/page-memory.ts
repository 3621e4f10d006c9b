import type { ApiReply } from './call.js';

/** More than a page of 20 posts usually takes; a longer one has memory of its own. */
const PIECE = 64 * 1024;
/** What is kept for later at most: 4 MB. */
const MOST = 64;

const free: Buffer[] = [];

/**
 * Memory for one answer, used again after it was handed to the operating system. Fresh memory for each page was a tenth of
 * its cost: it has to be found, mapped, brought into the processor's cache, and its end makes garbage collections.
 *
 * The answer must be written whole, and sent as nothing but this reply's body. Where a client went away before its end
 * the memory is not used again: nobody knows what of it is still to be sent.
 */
export function memoryFor(reply: ApiReply, length: number): Buffer {
  if (length > PIECE) return Buffer.allocUnsafe(length);
  const piece = free.pop() ?? Buffer.allocUnsafeSlow(PIECE);
  reply.raw.once('finish', () => {
    if (free.length < MOST) free.push(piece);
  });
  return piece.subarray(0, length);
}
