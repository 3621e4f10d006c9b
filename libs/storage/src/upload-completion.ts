import { Inject, Injectable } from '@nestjs/common';
import { counter, JobSender, limits, problem, Problem, type Id } from '@app/platform';
import { OBJECT_STORE, type ObjectStore, type Written } from './objects/object-store.js';
import { joinPieces, pieceNames } from './objects/pieces.js';
import { Quota } from './quota.js';
import { ORIGINAL } from './renditions.js';
import { PhotoRows } from './repositories/photos.js';
import { UploadRows, type UploadRow } from './repositories/uploads.js';
import { UnitOfWork, type Tx } from './unit-of-work.js';

/**
 * Makes the photo of an upload that has arrived. The pieces become the original first, and the photo's row says so in the
 * transaction that completes the upload: killed anywhere in between, it is done again, by the next request or the
 * sweeper, and comes out the same.
 */
@Injectable()
export class UploadCompletion {
  constructor(
    private readonly rows: UploadRows,
    private readonly photos: PhotoRows,
    private readonly quota: Quota,
    private readonly work: UnitOfWork,
    private readonly jobs: JobSender,
    @Inject(OBJECT_STORE) private readonly objects: ObjectStore,
  ) {}

  /**
   * Answers the photo, also when it was made before; null while bytes are missing and when the upload is over. `sha256`
   * is known to a writer that saw every byte.
   *
   * @throws Problem 422 `quota_exceeded`, which ends the upload
   */
  async complete(id: Id, sha256?: string): Promise<Id | null> {
    const upload = await this.rows.find(id);
    if (upload?.state !== 'receiving') return upload?.photo_id ?? null;
    const { folder, pieces, length, received, type } = upload;
    if (received !== length || type === null) return null;
    const written = await joinPieces(this.objects, {
      folder,
      pieces,
      name: ORIGINAL,
      length: Number(length),
      contentType: type,
      sha256,
    });
    const photoId = await this.become(id, written, type).catch(async (error: unknown) => {
      if (error instanceof Problem) await this.discard(id);
      throw error;
    });
    // What is not removed now, the sweeper removes when the upload has expired.
    await this.tidy(id).catch(() => undefined);
    return photoId;
  }

  /** Ends an upload and removes what no photo needs of it; safe to run twice and at any time. */
  async discard(id: Id): Promise<void> {
    await this.rows.end(id);
    await this.tidy(id);
    await this.rows.forget(id);
  }

  private become(id: Id, { bytes, sha256 }: Written, type: string): Promise<Id | null> {
    return this.work.run(async (tx) => {
      const upload = await this.rows.lock(tx, id);
      if (upload?.state !== 'receiving') return upload?.photo_id ?? null;
      if (!(await this.rows.ownerIsOpen(tx, upload))) throw problem('upload_gone');
      const hash = Buffer.from(sha256, 'hex');
      const same = await this.photos.sameBytes(tx, upload.owner_id, hash, limits.photo.sameBytesFor);
      if (same !== null) {
        await this.rows.complete(tx, id, same, 'duplicate');
        return same;
      }
      return this.photoOf(tx, upload, { bytes, sha256: hash, type });
    });
  }

  private async photoOf(
    tx: Tx,
    { id, owner_id: owner, folder, alt_text: altText }: UploadRow,
    facts: { bytes: number; sha256: Buffer; type: string },
  ): Promise<Id> {
    await this.quota.take(tx, owner, facts.bytes);
    const photoId = await this.photos.arrived(tx, owner, folder, { ...facts, altText });
    await this.rows.complete(tx, id, photoId, 'completed');
    tx.afterCommit(() => {
      counter('narwhal_photos_uploaded_total').inc();
      this.jobs.send('develop', { photoId });
    });
    return photoId;
  }

  /** The state is read after it was settled: an original goes only when no photo can come to own it any more. */
  private async tidy(id: Id): Promise<void> {
    const upload = await this.rows.find(id);
    if (!upload || upload.state === 'receiving') return;
    const names = pieceNames(upload.pieces);
    if (upload.state !== 'completed') names.push(ORIGINAL);
    await this.objects.remove(upload.folder, names);
  }
}
