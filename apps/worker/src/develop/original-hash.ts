import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { PhotoRow } from '@app/storage';
import { PhotoRejected } from '@app/images';

/**
 * The SHA-256 of an original that its owner's client wrote directly to the store, so that no process of ours has read it
 * yet; null when the row has the hash. @throws PhotoRejected when it is not the announced one
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
