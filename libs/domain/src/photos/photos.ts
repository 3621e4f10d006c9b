import { Inject, Injectable } from '@nestjs/common';
import { counter, limits, problem, type Id } from '@app/platform';
import {
  describeHead,
  ORIGINAL,
  photoObjectNames,
  SNIFF_BYTES,
  sniffFormat,
  type PhotoFormat,
} from '@app/platform/photos';
import {
  newFolder,
  objectKey,
  OBJECT_STORE,
  PhotoRows,
  PostRows,
  UnitOfWork,
  type ObjectStore,
  type Origin,
  type Original,
  type Place,
  type Tx,
} from '@app/storage';
import { Removal } from '../posts/removal.js';
import { Quota } from './quota.js';

/** An original that is in the store, while its photo's row is still `uploading`. */
export type StoredOriginal = Pick<Original, 'bytes' | 'type'> & { photoId: Id; sha256: Buffer };

const accepted = new Set<string>(limits.photo.formats);

/**
 * Detects an original's format from its first bytes, however it is uploaded, and refuses formats that the worker would refuse.
 *
 * @throws Problem 415, with the accepted formats
 */
export function acceptedFormat(head: Uint8Array): PhotoFormat {
  const type = sniffFormat(head);
  if (type !== null && accepted.has(type)) return type;
  const expected = limits.photo.formats.join(', ');
  throw problem('unsupported_media_type', { params: { expected, received: describeHead(head) } });
}

/** Photos: stored as one stream of bytes, made of an original that is in the store, changed and deleted by their owners. */
@Injectable()
export class Photos {
  constructor(
    private readonly rows: PhotoRows,
    private readonly posts: PostRows,
    private readonly quota: Quota,
    private readonly removal: Removal,
    private readonly work: UnitOfWork,
    @Inject(OBJECT_STORE) private readonly objects: ObjectStore,
  ) {}

  /**
   * Streams an original to the store and never holds more than one chunk. The row that names its folder is committed before
   * the first byte is written (rule 3), and deleted when anything fails; the sweeper finds the rows of a process that died.
   *
   * `declared`: the bytes that the row holds of its owner's quota until their number is known.
   *
   * @throws Problem 415, 422 `quota_exceeded`; ObjectTooLarge
   */
  async store(
    owner: Id,
    declared: number,
    chunks: AsyncIterator<Buffer>,
    signal: AbortSignal,
  ): Promise<StoredOriginal> {
    const head = await headOf(chunks);
    const type = acceptedFormat(head);
    const folder = newFolder();
    const photoId = await this.quota.inTurn(owner, () =>
      this.work.run(async (tx) => {
        await this.quota.reserve(tx, owner, declared);
        return this.rows.begin(tx, owner, folder, declared);
      }),
    );
    try {
      const { bytes, sha256 } = await this.objects.write(objectKey(folder, ORIGINAL), joined(head, chunks), {
        contentType: type,
        limit: limits.photo.bytes,
        signal,
      });
      return { photoId, bytes, sha256: Buffer.from(sha256, 'hex'), type };
    } catch (error) {
      // A failed write may still have completed in the store, with only the response lost.
      await this.takeBack(photoId);
      throw error;
    }
  }

  /**
   * Removes an original that becomes no photo. The row is marked first, if it is not a photo yet: removing the bytes first
   * could take them from a photo whose commit succeeded but whose answer was lost. If the process is killed after that, the
   * sweeper does the rest.
   */
  async takeBack(id: Id): Promise<void> {
    const folder = await this.rows.giveUp(id);
    if (folder === null) return;
    await this.objects.remove(folder, photoObjectNames);
    await this.rows.forget(id);
  }

  /**
   * The photo of an original that is in the store, whose quota `holder` holds: its row, or that of its upload; or the one that the same person made of the same bytes within a day and
   * has not posted, so that a retry on a bad network creates no second photo. Null when the account is closed.
   *
   * @throws Problem 422 `quota_exceeded`; 400 `body_incomplete` when the row was swept
   */
  async make(
    tx: Tx,
    owner: Id,
    place: Place,
    original: Original,
    holder: Id,
  ): Promise<{ id: Id; existed: boolean } | null> {
    const hash = original.sha256 ?? original.declaredSha256 ?? null;
    const role = await this.rows.admit(tx, owner, hash);
    if (role === null) return null;
    const same = hash && (await this.rows.sameBytes(tx, owner, hash, limits.photo.sameBytesFor));
    if (same !== null) return { id: same, existed: true };
    await this.quota.take(tx, owner, original.bytes, holder);
    const id = await this.rows.make(tx, owner, place, original);
    if (id === null) throw problem('body_incomplete');
    tx.send('develop', { photoId: id });
    if (role !== 'synthetic') tx.afterCommit(() => counter('narwhal_photos_uploaded_total').inc());
    return { id, existed: false };
  }

  /** `altText`: undefined keeps it, null clears it. @throws Problem 404 unless the photo is the caller's own */
  async change(owner: Id, id: Id, altText: string | null | undefined): Promise<void> {
    await this.work.run(async (tx) => {
      const photo = await this.rows.changeAltText(tx, id, owner, altText === null ? '' : (altText ?? null));
      if (!photo) throw problem('not_found');
      if (photo.post_id === null) return;
      await this.posts.touch(tx, photo.post_id);
      await tx.effect('post.changed', photo.post_id);
    });
  }

  /** Deletes an unposted photo. Idempotent. @throws Problem 404, or 409 while a post or a profile shows it */
  async remove(owner: Id, id: Id, from: Origin): Promise<void> {
    const removed = await this.work.run(async (tx) => {
      const avatar = await this.rows.avatarOf(tx, owner);
      const photo = (await this.rows.lockMany(tx, owner, [id])).get(id);
      if (!photo) return false;
      if (photo.post_id !== null || avatar === id) throw problem('photo_in_use');
      await this.removal.discard(tx, owner, [id], from);
      return true;
    });
    if (!removed && !(await this.wasRemoved(owner, id))) throw problem('not_found');
  }

  /** Whether this person deleted a photo, or ended the direct upload that was to become it. */
  wasRemoved(owner: Id, id: Id): Promise<boolean> {
    return this.removal.wasBy(owner, id);
  }
}

async function headOf(chunks: AsyncIterator<Buffer>): Promise<Buffer> {
  const parts: Buffer[] = [];
  for (let bytes = 0; bytes < SNIFF_BYTES;) {
    const next = await chunks.next();
    if (next.done) break;
    parts.push(next.value);
    bytes += next.value.length;
  }
  return Buffer.concat(parts);
}

async function* joined(head: Buffer, rest: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  yield head;
  for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
}
