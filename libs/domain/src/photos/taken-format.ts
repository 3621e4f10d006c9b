import { limits, problem } from '@app/platform';
import { describeHead, sniffFormat, type PhotoFormat } from '@app/platform/photos';

const accepted = new Set<string>(limits.photo.formats);

/**
 * The format of an upload by its first bytes, whichever way it comes; what the worker would refuse by its format is refused here.
 *
 * @throws Problem 415, with what is taken
 */
export function takenFormat(head: Uint8Array): PhotoFormat {
  const type = sniffFormat(head);
  if (type !== null && accepted.has(type)) return type;
  const expected = limits.photo.formats.join(', ');
  throw problem('unsupported_media_type', { params: { expected, received: describeHead(head) } });
}
