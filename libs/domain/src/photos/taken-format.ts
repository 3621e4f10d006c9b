import { limits, problem } from '@app/platform';
import { describeHead, sniffFormat, type PhotoFormat } from '@app/platform/photos';

const accepted = new Set<string>(limits.photo.formats);

/**
 * Detects an upload's format from its first bytes, for every way to upload, and refuses formats that the worker would
 * refuse.
 *
 * @throws Problem 415, with the accepted formats
 */
export function takenFormat(head: Uint8Array): PhotoFormat {
  const type = sniffFormat(head);
  if (type !== null && accepted.has(type)) return type;
  const expected = limits.photo.formats.join(', ');
  throw problem('unsupported_media_type', { params: { expected, received: describeHead(head) } });
}
