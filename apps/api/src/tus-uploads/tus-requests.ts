import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { setTimeout as timer } from 'node:timers';
import { limits, problem } from '@app/platform';
import { COUNT, type Checksum } from '@app/domain';
import type { UploadPurpose } from '@app/storage';
import type { ApiRequest } from '../http/call.js';
import { bytesPassed } from '../http/fast-path/passing-bytes.js';
import { fieldFault, validate } from '../http/validation.js';
import { described } from '../photos/photos.schemas.js';
import { CHECKSUMS, OFFSET_STREAM, TUS_VERSION } from './tus.js';

function headerOf(request: ApiRequest, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value.join(',') : value;
}

const invalid = (reason: string) => problem('request_invalid', { params: { reason } });

/** @throws Problem 412 when the client uses another version */
export function assertTus(request: ApiRequest): void {
  const received = headerOf(request, 'tus-resumable') ?? 'none';
  if (received === TUS_VERSION) return;
  throw problem('tus_version', {
    params: { expected: TUS_VERSION, received: received.slice(0, 20) },
    headers: { 'tus-version': TUS_VERSION },
  });
}

function wholeNumber(request: ApiRequest, name: string): number {
  const text = headerOf(request, name);
  if (text === undefined || !/^\d{1,15}$/.test(text)) throw invalid(`it needs ${name}, a number of bytes`);
  return Number(text);
}

/** Checks the length before the first byte; that of a zip, when its quota is. @throws Problem 400, 413 or 415 */
export function lengthOf(request: ApiRequest, purpose: UploadPurpose): number {
  if (headerOf(request, 'upload-defer-length') !== undefined)
    throw invalid('upload-length has to be known at once');
  const length = wholeNumber(request, 'upload-length');
  const limit = limits.photo.bytes;
  if (purpose === 'import' && length > 0) return length;
  if (length > limit) throw problem('photo_too_large', { params: { limit, actual: length } });
  if (length > 0) return length;
  const expected = limits.photo.formats.join(', ');
  throw problem('unsupported_media_type', { params: { expected, received: 'an empty file' } });
}

/** The offset of a PATCH. @throws Problem 400 or 415 */
export function offsetOf(request: ApiRequest): number {
  const received = headerOf(request, 'content-type') ?? 'nothing';
  if (!sendsBytes(request))
    throw problem('unsupported_media_type', { params: { expected: OFFSET_STREAM, received } });
  return wholeNumber(request, 'upload-offset');
}

export function sendsBytes(request: ApiRequest): boolean {
  return headerOf(request, 'content-type')?.split(';')[0]?.trim().toLowerCase() === OFFSET_STREAM;
}

const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}(?:==)?|[A-Za-z0-9+/]{3}=?)?$/;
const utf8 = new TextDecoder('utf-8', { fatal: true });

/** `Upload-Metadata: altText <base64>`; other keys but `purpose` (filename, filetype) are not ours and are not stored. @throws Problem 422 */
export function altTextOf(request: ApiRequest): string {
  return validate(described, { altText: metadata(request, 'altText') }, 'query').altText;
}

/** `Upload-Metadata: purpose <base64>`: a photo unless it says `import`. @throws Problem 422 */
export function purposeOf(request: ApiRequest): UploadPurpose {
  const purpose = metadata(request, 'purpose');
  if (purpose === '' || purpose === 'photo') return 'photo';
  if (purpose === 'import') return purpose;
  throw fieldFault({ parameter: 'purpose', code: 'not_allowed', params: { allowed: ['photo', 'import'] } });
}

function metadata(request: ApiRequest, parameter: string): string {
  const pairs = (headerOf(request, 'upload-metadata') ?? '')
    .split(',')
    .map((pair) => pair.trim().split(/ +/))
    .filter(([key]) => key === parameter);
  if (pairs.length > 1) throw fieldFault({ parameter, code: 'too_many', params: { limit: 1 } });
  const encoded = pairs[0]?.slice(1).join(' ') ?? '';
  const wrongFormat = (format: string) => fieldFault({ parameter, code: 'wrong_format', params: { format } });
  if (!base64.test(encoded)) throw wrongFormat('base64');
  try {
    return utf8.decode(Buffer.from(encoded, 'base64'));
  } catch {
    throw wrongFormat('UTF-8 in base64');
  }
}

/** The metadata header of a HEAD response. */
export function metadataOf(altText: string): Record<string, string> {
  if (altText === '') return {};
  return { 'upload-metadata': `altText ${Buffer.from(altText).toString('base64')}` };
}

/** @throws Problem 400 for an algorithm that Tus-Checksum-Algorithm does not name */
export function checksumOf(request: ApiRequest): Checksum | null {
  const header = headerOf(request, 'upload-checksum');
  if (header === undefined) return null;
  const [algorithm = '', encoded = ''] = header.trim().split(/ +/);
  if (!CHECKSUMS.includes(algorithm)) throw invalid(`upload-checksum may be of ${CHECKSUMS.join(' or ')}`);
  return { hash: createHash(algorithm), expected: Buffer.from(encoded, 'base64') };
}

type Event = 'readable' | 'end' | 'error' | 'close';
const events: readonly Event[] = ['readable', 'end', 'error', 'close'];

/**
 * A request's body, read by pulling; null after `COUNT.time` without any bytes. A request's own iterator cannot be left while
 * the sender is silent, and then the rest of the body could not be read and discarded after a refusal.
 *
 * @throws Problem 400 when the connection breaks
 */
export async function* bodyOf({ raw }: ApiRequest): AsyncGenerator<Buffer | null> {
  for (let until = Date.now() + COUNT.time; ;) {
    const chunk = raw.read() as Buffer | null;
    if (chunk !== null) {
      yield chunk;
      bytesPassed(chunk.length);
    } else if (raw.readableEnded || (raw.complete && raw.readableLength === 0)) return;
    else if (raw.destroyed || raw.errored) throw problem('body_incomplete', { cause: raw.errored });
    else if (Date.now() < until) {
      await change(raw, until - Date.now());
      continue;
    } else yield null;
    until = Date.now() + COUNT.time;
  }
}

function change(raw: IncomingMessage, patience: number): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(waiting);
      for (const event of events) raw.off(event, done);
      resolve();
    };
    const waiting = timer(done, patience);
    for (const event of events) raw.on(event, done);
  });
}
