import { partsOfKey } from '../object-keys.js';
import { ObjectMissing, type ObjectStore } from '../object-store.js';
import { hashOf } from '../pieces.js';
import { renditions } from '@app/platform/photos';

const types = new Map<string, string>(Object.values(renditions).map(({ file, type }) => [file, type]));

/** Null when there is no such object (any more). */
async function unlessMissing<Result>(asked: Promise<Result>): Promise<Result | null> {
  return asked.catch((error: unknown) => {
    if (error instanceof ObjectMissing) return null;
    throw error;
  });
}

/** Hex; null when there is no such object. */
export const hashIfAny = (store: ObjectStore, key: string): Promise<string | null> =>
  unlessMissing(hashOf(store, key));

/**
 * Copies an object and reads the copy back: its hash must match the bytes that were read. False when there is nothing to
 * copy (any more).
 */
export async function copyVerified(from: ObjectStore, to: ObjectStore, key: string): Promise<boolean> {
  const { folder, name } = partsOfKey(key);
  const source = await unlessMissing(from.read(key));
  if (!source) return false;
  const contentType = types.get(name) ?? 'application/octet-stream';
  const { sha256 } = await to.write(key, source.stream, { contentType });
  const copied = await hashIfAny(to, key);
  if (copied === sha256) return true;
  // Somebody has deleted it since.
  if (copied === null) return false;
  await to.remove(folder, [name]);
  throw new Error(`expected the copy of ${key} to have SHA-256 ${sha256} but it has ${copied}`);
}
