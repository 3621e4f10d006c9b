import { limits, problem, Problem, type FieldFault } from '@app/platform';
import type { MultipartFile } from '@fastify/multipart';
import { validate } from '../http/validation.js';
import { described } from './photos.schemas.js';

/** More bytes than the longest description takes, however it is written. */
const MOST = 16_384;
const utf8 = new TextDecoder('utf-8', { fatal: true });

/** The form's alternative text, or its faults. @throws Problem 400 for text that is not UTF-8 */
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

/** Returns null above the limit, but reads everything: the next part follows it. */
async function bytesOf({ file }: MultipartFile): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of file as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes <= MOST) chunks.push(chunk);
  }
  return bytes <= MOST ? Buffer.concat(chunks) : null;
}

/** Clients that serialise every part as JSON (Retrofit does) put quotes around a text. */
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
