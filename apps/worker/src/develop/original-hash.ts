import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { PhotoRow } from '@app/storage';
import { PhotoRejected } from '@app/images';

/**
 * The SHA-256 of an original that nobody of ours has read yet, because its owner's client put it into the store itself;
 * null where the row has it. @throws PhotoRejected when it is not the one that was announced
 */
export async function hashUnread(photo: PhotoRow, path: string): Promise<Buffer | null> {
  if (photo.sha256 !== null) return null;
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 }))
    hash.update(chunk as Buffer);
  const actual = hash.digest();
  if (photo.declared_sha256?.equals(actual) === false) throw new PhotoRejected('checksum_mismatch');
  return actual;
}
