import type { PhotoFormat } from '@app/platform/photos';
import { avifDecoder } from './avif-decoder.js';
import type { DevelopLimits } from './developed.js';
import { heicDecoder } from './heic-decoder.js';
import type { Decoded } from './pixels.js';
import { bySharp } from './sharp-decoder.js';

export type DecodeLimits = Pick<DevelopLimits, 'pixels' | 'avifPixels' | 'childMemory' | 'developSeconds'> & {
  /** Bytes that may be held while decoding; above it, throws HeavyPhoto. */
  mayHold: number;
  systemHeif: boolean;
  /** A folder for a decoder's temporary files; the decoder cleans up after itself. */
  scratch: string;
};

/** @throws PhotoRejected when the photo is at fault */
export type Decoder = (path: string, limits: DecodeLimits) => Promise<Decoded>;

/** The decoder of each format. A format without a row is refused, even if the limits allow it. */
export const decoders: Partial<Record<PhotoFormat, Decoder>> = {
  'image/jpeg': bySharp('jpeg'),
  'image/png': bySharp('png'),
  'image/webp': bySharp('webp'),
  'image/avif': avifDecoder,
  'image/heic': heicDecoder,
  'image/gif': bySharp('gif'),
};
