import { open } from 'node:fs/promises';
import { SNIFF_BYTES, sniffFormat } from '@app/platform/photos';
import { decoders, type Decoder } from './decoders.js';
import type { Developed, DevelopLimits, DevelopRequest } from './developed.js';
import { encodeRenditions } from './encode.js';
import { PhotoRejected } from './faults.js';
import { assertPrepared } from './library.js';
import { lookOf } from './look.js';

async function firstBytes(path: string): Promise<Uint8Array> {
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(SNIFF_BYTES), 0, SNIFF_BYTES, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

async function decoderFor(path: string, limits: DevelopLimits): Promise<Decoder> {
  const format = sniffFormat(await firstBytes(path));
  if (!format) throw new PhotoRejected('not_a_photo');
  const decoder = limits.formats.includes(format) ? decoders[format] : undefined;
  if (!decoder) throw new PhotoRejected('format_not_supported');
  return decoder;
}

/**
 * Develops one photo from its original to all renditions. Runs only in a child process: the original is untrusted input. It is
 * decoded once, and everything is made from those pixels.
 *
 * @throws PhotoRejected when the photo is at fault; HeavyPhoto when it may not be held now; any other error is our fault
 */
export async function develop({
  inputPath,
  outputFolder,
  limits,
  mayHold = Infinity,
  systemHeif = true,
}: DevelopRequest): Promise<Developed> {
  assertPrepared();
  const decode = await decoderFor(inputPath, limits);
  const decoded = await decode(inputPath, { ...limits, mayHold, systemHeif, scratch: outputFolder });
  const [renditions, look] = await Promise.all([
    encodeRenditions(decoded, outputFolder),
    lookOf(decoded.pixels),
  ]);
  return { ...decoded.photo, ...look, renditions };
}
