import { Inject, Injectable } from '@nestjs/common';
import { counter, JobSender, limits, problem, Problem, type Id } from '@app/platform';
import { arrivedDirectly, joined, type ArrivedOriginal } from './arrived-original.js';
import {
  OBJECT_STORE,
  type ObjectStore,
  pieceNames,
  ArrivalRows,
  UploadRows,
  type UploadRow,
  UnitOfWork,
  type Tx,
} from '@app/storage';
import { Quota } from './quota.js';
import { ORIGINAL } from '@app/platform/photos';

/**
 * Makes the photo of an upload that has arrived. The pieces become the original first; the photo's row follows in the
 * transaction that completes the upload. If the process is killed in between, the next request or the sweeper repeats it,
 * with the same result.
 */
@Injectable()
export class UploadCompletion {
  constructor(
    private readonly rows: UploadRows,
    private readonly arrivals: ArrivalRows,
    private readonly quota: Quota,
    private readonly work: UnitOfWork,
    private readonly jobs: JobSender,
    @Inject(OBJECT_STORE) private readonly objects: ObjectStore,
  ) {}

  /** Like `completeOf`, with the current row. */
  async complete(id: Id): Promise<Id | null> {
    const upload = await this.rows.find(id);
    return upload?.state === 'receiving' ? this.completeOf(upload) : (upload?.photo_id ?? null);
  }

  /**
   * Returns the photo, also when it was made before; null while bytes are missing and when the upload is over. The row
   * may be slightly stale. A writer that saw every byte passes `sha256`.
   *
   * @throws Problem 422 `quota_exceeded` or 415, which end the upload; 409 `upload_not_arrived`
   */
  async completeOf(upload: UploadRow, sha256?: string): Promise<Id | null> {
    const { id } = upload;
    try {
      const original = await (upload.direct
        ? arrivedDirectly(this.objects, upload)
        : joined(this.objects, upload, sha256));
      if (!original) return null;
      const settled = await this.become(id, original);
      // The sweeper removes any leftovers when the upload has expired.
      await this.tidy(upload, settled).catch(() => undefined);
      return settled?.photo_id ?? null;
    } catch (error) {
      if (error instanceof Problem && error.code !== 'upload_not_arrived') await this.discard(id);
      throw error;
    }
  }

  /** Ends an upload and removes the objects that no photo needs; safe to run twice and at any time. */
  async discard(id: Id): Promise<void> {
    await this.rows.end(id);
    const upload = await this.rows.find(id);
    if (upload) await this.tidy(upload, upload);
    await this.rows.forget(id);
  }

  /** Ends a direct upload that has not become a photo, and releases its quota. Returns false when there is none. */
  async endDirect(owner: Id, id: Id): Promise<boolean> {
    const upload = await this.rows.find(id);
    if (!upload?.direct || upload.owner_id !== owner || upload.state !== 'receiving') return false;
    await this.discard(id);
    return true;
  }

  /** Returns the row after the change; null when it is already deleted. */
  private become(id: Id, original: ArrivedOriginal): Promise<UploadRow | null> {
    return this.work.run(async (tx) => {
      const upload = await this.rows.lock(tx, id);
      if (upload?.state !== 'receiving') return upload;
      const hash = original.sha256 ?? upload.declared_sha256;
      if (!(await this.arrivals.admit(tx, upload.owner_id, hash))) throw problem('upload_gone');
      const same =
        hash && (await this.arrivals.sameBytes(tx, upload.owner_id, hash, limits.photo.sameBytesFor));
      if (same !== null) return this.rows.complete(tx, id, same, 'duplicate');
      return this.photoOf(tx, upload, original);
    });
  }

  private async photoOf(tx: Tx, upload: UploadRow, original: ArrivedOriginal): Promise<UploadRow> {
    const {
      id,
      owner_id: owner,
      folder,
      alt_text: altText,
      direct,
      declared_sha256: declaredSha256,
    } = upload;
    await this.quota.take(tx, owner, original.bytes);
    const promised = direct ? id : undefined;
    const photoId = await this.arrivals.arrived(tx, owner, folder, {
      ...original,
      altText,
      declaredSha256,
      id: promised,
    });
    tx.afterCommit(() => {
      counter('narwhal_photos_uploaded_total').inc();
      this.jobs.send('develop', { photoId });
    });
    return this.rows.complete(tx, id, photoId, 'completed');
  }

  /**
   * Uses the row as read after the change: removes an original only when no photo can own it any more. A deleted row
   * (another process ended the upload during the join) does not show that; the photos do.
   */
  private async tidy({ owner_id: owner, folder, pieces }: UploadRow, now: UploadRow | null): Promise<void> {
    if (now?.state === 'receiving') return;
    const names = pieceNames(now?.pieces ?? pieces);
    const isOwned = now ? now.state === 'completed' : await this.arrivals.hasFolder(owner, folder);
    if (!isOwned) names.push(ORIGINAL);
    await this.objects.remove(folder, names);
  }
}
