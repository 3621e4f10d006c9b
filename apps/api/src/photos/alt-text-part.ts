import { limits, problem, Problem, type FieldFault } from '@app/platform';
import type { MultipartFile } from '@fastify/multipart';
import { validate } from '../http/validation.js';
import { described } from './photos.schemas.js';

/** More than the longest description has, in bytes, however it is written. */
const MOST = 16_384;
const utf8 = new TextDecoder('utf-8', { fatal: true });

/** What a form says of the photo beside it; or what is wrong with that. @throws Problem 400 for what is not UTF-8 */
export async function altTextOf(part: MultipartFile): Promise<string | FieldFault[]> {
  const bytes = await bytesOf(part);
  if (bytes === null)
    return [{ pointer: '/altText', code: 'too_long', params: { limit: limits.photo.altText } }];
  try {
    return validate(described, { altText: valueOf(bytes, part.mimetype) }, 'body').altText;
  } catch (error) {
    if (error instanceof Problem && error.errors) return error.errors;
    throw error;
  }
}

/** Null for more than may be. All of it is read: the next part comes behind it. */
async function bytesOf({ file }: MultipartFile): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of file as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes <= MOST) chunks.push(chunk);
  }
  return bytes <= MOST ? Buffer.concat(chunks) : null;
}

/** Clients that make JSON of whatever they send (Retrofit does) put a text between quotes. */
function valueOf(bytes: Buffer, type: string): unknown {
  const text = textOf(bytes);
  if (!/^application\/json\b/i.test(type)) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function textOf(bytes: Buffer): string {
  try {
    return utf8.decode(bytes);
  } catch (cause) {
    throw problem('request_invalid', { params: { reason: 'its altText is not UTF-8' }, cause });
  }
}
