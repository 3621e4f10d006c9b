import { createHash, timingSafeEqual, type Hash } from 'node:crypto';
import { limits, problem, type Problem } from '@app/platform';
import type { FastifyInstance } from 'fastify';
import type { ApiRequest } from '../http/call.js';
import { fieldFault, validate } from '../http/validation.js';
import { described } from '../photos/photos.schemas.js';

export const TUS_VERSION = '1.0.0';
export const OFFSET_STREAM = 'application/offset+octet-stream';
export const UPLOADS = '/v1/uploads';

const algorithms = ['sha1', 'sha256'];

/** This server's capabilities, for OPTIONS (tus 1.0.0, "OPTIONS"). */
const abilities = {
  'tus-version': TUS_VERSION,
  'tus-extension': 'creation,creation-with-upload,expiration,checksum,termination',
  'tus-max-size': String(limits.photo.bytes),
  'tus-checksum-algorithm': algorithms.join(','),
};

/** Prepares Fastify for tus: bodies of its type stay unread, and every response about uploads names the version. */
export function speakTus(server: FastifyInstance): void {
  server.addContentTypeParser(OFFSET_STREAM, (_request, _payload, done) => done(null));
  server.addHook('onSend', (request, reply, _payload, done) => {
    if (request.url === UPLOADS || /^\/v1\/uploads[/?]/.test(request.url)) {
      void reply.header('tus-resumable', TUS_VERSION);
      if (request.method === 'OPTIONS') void reply.headers(abilities);
    }
    done();
  });
}

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

/** Checks the length before the first byte. @throws Problem 400, 413 or 415 */
export function lengthOf(request: ApiRequest): number {
  if (headerOf(request, 'upload-defer-length') !== undefined)
    throw invalid('upload-length has to be known at once');
  const length = wholeNumber(request, 'upload-length');
  const limit = limits.photo.bytes;
  if (length > limit) throw problem('photo_too_large', { params: { limit, actual: length } });
  if (length > 0) return length;
  const expected = limits.photo.formats.join(', ');
  throw problem('unsupported_media_type', { params: { expected, received: 'an empty file' } });
}

/** A 409 for an upload, with the byte at which it continues. */
export function offsetProblem(code: 'upload_offset' | 'upload_taken_over', offset: number): Problem {
  return problem(code, { params: { offset }, headers: { 'upload-offset': String(offset) } });
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

/** `Upload-Metadata: altText <base64>`; other keys (filename, filetype) are not ours and are not stored. @throws Problem 422 */
export function altTextOf(request: ApiRequest): string {
  const pairs = (headerOf(request, 'upload-metadata') ?? '')
    .split(',')
    .map((pair) => pair.trim().split(/ +/))
    .filter(([key]) => key === 'altText');
  if (pairs.length > 1) throw fieldFault({ parameter: 'altText', code: 'too_many', params: { limit: 1 } });
  const encoded = pairs[0]?.slice(1).join(' ') ?? '';
  if (!base64.test(encoded)) throw wrongFormat('base64');
  let altText: string;
  try {
    altText = utf8.decode(Buffer.from(encoded, 'base64'));
  } catch {
    throw wrongFormat('UTF-8 in base64');
  }
  return validate(described, { altText }, 'query').altText;
}

const wrongFormat = (format: string): Problem =>
  fieldFault({ parameter: 'altText', code: 'wrong_format', params: { format } });

/** The metadata header of a HEAD response. */
export function metadataOf(altText: string): Record<string, string> {
  if (altText === '') return {};
  return { 'upload-metadata': `altText ${Buffer.from(altText).toString('base64')}` };
}

/** The checksum that the client announced for a request's body. */
export interface Checksum {
  hash: Hash;
  expected: Buffer;
}

/** @throws Problem 400 for an algorithm that Tus-Checksum-Algorithm does not name */
export function checksumOf(request: ApiRequest): Checksum | null {
  const header = headerOf(request, 'upload-checksum');
  if (header === undefined) return null;
  const [algorithm = '', encoded = ''] = header.trim().split(/ +/);
  if (!algorithms.includes(algorithm)) throw invalid(`upload-checksum may be of ${algorithms.join(' or ')}`);
  return { hash: createHash(algorithm), expected: Buffer.from(encoded, 'base64') };
}

/** @throws Problem 460 */
export function verify({ hash, expected }: Checksum): void {
  const actual = hash.digest();
  if (actual.length !== expected.length || !timingSafeEqual(actual, expected))
    throw problem('checksum_mismatch');
}
