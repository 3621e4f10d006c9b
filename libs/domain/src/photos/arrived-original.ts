import { problem } from '@app/platform';
import { objectKey, type ObjectStore, joinPieces, pieceName, type UploadRow } from '@app/storage';
import { SNIFF_BYTES, ORIGINAL } from '@app/platform/photos';
import { acceptedFormat } from './photos.js';

/** An original that is complete and in its place. */
export interface ArrivedOriginal {
  bytes: number;
  type: string;
  /** Null until it has been read. */
  sha256: Buffer | null;
}

/** The only piece of a direct upload: never named like the original, which a presigned URL could overwrite later. */
export const DIRECT_PIECE = 'direct';

/** Joins the pieces of a tus upload into the original; null while bytes are missing. */
export async function joined(
  objects: ObjectStore,
  { folder, pieces, length, received, type }: UploadRow,
  sha256: string | undefined,
): Promise<ArrivedOriginal | null> {
  if (received !== length || type === null) return null;
  const written = await joinPieces(objects, {
    folder,
    pieces,
    name: ORIGINAL,
    length: Number(length),
    contentType: type,
    sha256,
  });
  return { bytes: written.bytes, type, sha256: Buffer.from(written.sha256, 'hex') };
}

/**
 * Renames the object that a client put into the store to the original's name, within the store. May run twice: after a
 * run that was killed, it finds the rename done.
 *
 * @throws Problem 409 while the object is missing; 415
 */
export async function arrivedDirectly(
  objects: ObjectStore,
  { folder, length }: UploadRow,
): Promise<ArrivedOriginal> {
  const bytes = Number(length);
  const key = objectKey(folder, ORIGINAL);
  const piece = pieceName(DIRECT_PIECE, 0);
  if (!(await objects.rename(folder, piece, ORIGINAL, bytes)) && (await objects.stat(key))?.bytes !== bytes) {
    const actual = (await objects.stat(objectKey(folder, piece)))?.bytes ?? 0;
    throw problem('upload_not_arrived', { params: { actual, expected: bytes } });
  }
  return { bytes, type: acceptedFormat(await headOf(objects, key)), sha256: null };
}

async function headOf(objects: ObjectStore, key: string): Promise<Buffer> {
  const { stream } = await objects.read(key, { start: 0, end: SNIFF_BYTES - 1 });
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk as Uint8Array);
  return Buffer.concat(chunks);
}
