import { limits, problem, Problem } from '@app/platform';
import { ObjectTooLarge } from '@app/storage';
import type { ApiRequest } from '../http/call.js';

/** The most that a multipart body may have around its file: boundaries, part headers, the alternative text. */
const OVERHEAD = 64 * 1024;
/** The photo, its description, and a few unknown parts that are reported as such. */
export const MOST_PARTS = 8;

const tooLarge = (): Problem => problem('photo_too_large', { params: { limit: limits.photo.bytes } });

/** Refuses a request early, from its headers alone. @throws Problem 400, 413 or 415 */
export function assertMultipart(request: ApiRequest): void {
  const received = request.headers['content-type'] ?? 'nothing';
  if (!/^multipart\/form-data\s*(;|$)/i.test(received))
    throw problem('unsupported_media_type', { params: { expected: 'multipart/form-data', received } });
  if (!/;\s*boundary\s*=\s*("[^"]+"|[^\s";]+)/i.test(received)) throw noBoundary();
  if (Number(request.headers['content-length'] ?? 0) > limits.photo.bytes + OVERHEAD) throw tooLarge();
}

/** The photo's minimum size in bytes, according to the headers. */
export function leastBytesOf(request: ApiRequest): number {
  return Math.max(0, Number(request.headers['content-length'] ?? 0) - OVERHEAD);
}

/** The bytes that are reserved for a photo: a form of unknown length may bring the largest. */
export function declaredBytesOf(request: ApiRequest): number {
  return request.headers['content-length'] === undefined ? limits.photo.bytes : leastBytesOf(request);
}

const noBoundary = (): Problem =>
  problem('request_invalid', {
    params: {
      reason: 'its Content-Type names no boundary; the client library that makes the form makes both',
    },
  });

/** The body arrived in full, but without any part. */
export function noBoundaryFound(error: unknown): unknown {
  const refusal = uploadProblem(error);
  if (!(refusal instanceof Problem) || refusal.code !== 'body_incomplete') return refusal;
  const reason = 'nowhere in its body is the boundary that its Content-Type names';
  return problem('request_invalid', { params: { reason }, cause: error });
}

const malformed =
  /unexpected end of (form|file|multipart)|multipart: |part terminated early|premature close|aborted/i;

/** The refusal for a failure while reading an upload. */
export function uploadProblem(error: unknown): unknown {
  if (error instanceof Problem) return error;
  if (error instanceof ObjectTooLarge) return tooLarge();
  const { code, message } = error as { code?: unknown; message?: unknown };
  switch (code) {
    case 'FST_REQ_FILE_TOO_LARGE':
      return tooLarge();
    case 'FST_FILES_LIMIT':
      return problem('validation_failed', {
        errors: [{ pointer: '', code: 'too_many', params: { limit: MOST_PARTS } }],
      });
    case 'FST_PROTO_VIOLATION':
      return problem('validation_failed', { errors: [{ pointer: '', code: 'unknown_field', params: {} }] });
    default:
      return typeof message === 'string' && malformed.test(message)
        ? problem('body_incomplete', { cause: error })
        : error;
  }
}
