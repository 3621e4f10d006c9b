import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import { limits, problem, Problem, type Id } from '@app/platform';
import { ORIGINAL } from '@app/platform/photos';
import {
  newFolder,
  objectKey,
  OBJECT_STORE,
  pieceName,
  pieceNames,
  PhotoRows,
  UnitOfWork,
  UploadRows,
  type ObjectStore,
  type Tx,
  type UploadPurpose,
  type UploadRow,
} from '@app/storage';
import { arrivedDirectly, DIRECT_PIECE, joined, type ArrivedOriginal } from './arrived-original.js';
import { Photos } from './photos.js';
import { Quota } from './quota.js';
import { COUNT, offsetProblem, UploadAppend, type Arriving, type Checksum } from './upload-append.js';

const { presignedFor, completeWithin, validFor } = limits.upload;

/** A client's description of a file that it will put into the store itself; hashes are hex. */
export interface DirectUpload {
  type: string;
  bytes: number;
  sha256?: string | undefined;
  md5?: string | undefined;
  altText?: string | undefined;
}

/** The state of an upload after a request. */
export interface UploadProgress {
  received: number;
  photoId: Id | null;
}

const isOver = (upload: UploadRow | null): boolean =>
  !upload || upload.state === 'ended' || upload.expires_at.getTime() <= Date.now();

/**
 * Uploads that take more than one request. Resumable ones (tus) arrive in pieces, which the api joins; direct ones are written by the
 * client to an S3 store, as one piece beside the original. The row comes first: it names the folder, and that of a direct upload holds
 * its quota. Once all is there, the pieces become the original, and the photo's row follows in the transaction that completes the
 * upload. If the process is killed in between, the next request or the sweeper repeats it, with the same result.
 */
@Injectable()
export class Uploads {
  constructor(
    private readonly rows: UploadRows,
    private readonly photoRows: PhotoRows,
    private readonly photos: Photos,
    private readonly quota: Quota,
    private readonly work: UnitOfWork,
    @Inject(OBJECT_STORE) private readonly objects: ObjectStore,
  ) {}

  /** Null when there is none, and not only on a lagging replica. */
  find(id: Id): Promise<UploadRow | null> {
    return this.rows.findForSure(id);
  }

  /**
   * Begins a resumable upload; `secretHash` makes the hash of the secret that its address will hold.
   *
   * @throws Problem 422 `quota_exceeded`
   */
  async begin(
    tx: Tx,
    owner: Id,
    { length, altText, purpose }: { length: number; altText: string; purpose: UploadPurpose },
    secretHash: (id: Id) => Buffer,
  ): Promise<UploadRow> {
    const isImport = purpose === 'import';
    await this.quota[isImport ? 'reserveImport' : 'reserveOpen'](tx, owner, length);
    const id = await this.rows.nextId(tx, owner);
    const seconds = isImport ? limits.import.validFor : validFor;
    const upload = { id, owner, folder: newFolder(), length, altText, purpose, validFor: seconds };
    return this.rows.begin(tx, { ...upload, secretHash: secretHash(id) });
  }

  /** @throws Problem 413, 422 `not_supported_by_store` */
  async assertDirect(bytes: number): Promise<void> {
    const limit = limits.photo.bytes;
    if ((await this.objects.home()) !== 's3') throw problem('not_supported_by_store');
    if (bytes > limit) throw problem('photo_too_large', { params: { limit, actual: bytes } });
  }

  /** Begins a direct upload and returns its id, which its photo will have. @throws Problem 422 `quota_exceeded` */
  async beginDirect(tx: Tx, owner: Id, { bytes, sha256, altText = '' }: DirectUpload): Promise<Id> {
    await this.quota.reserveOpen(tx, owner, bytes);
    const id = await this.rows.nextId(tx, owner);
    await this.rows.beginDirect(tx, {
      id,
      owner,
      folder: newFolder(),
      length: bytes,
      altText,
      validFor: presignedFor + completeWithin,
      sha256: sha256 === undefined ? null : Buffer.from(sha256, 'hex'),
      noSecret: randomBytes(32),
      piece: DIRECT_PIECE,
    });
    return id;
  }

  /** The PUT of a direct upload, valid for the time that is left. @throws Problem 410, 422 `not_supported_by_store` */
  async presign(id: Id, { type, bytes, sha256, md5 }: DirectUpload) {
    const upload = await this.find(id);
    if (!upload || upload.state === 'ended') throw problem('gone');
    const expires = new Date(upload.expires_at.getTime() - completeWithin * 1000);
    const seconds = Math.min(presignedFor, Math.ceil((expires.getTime() - Date.now()) / 1000));
    if (seconds <= 0) throw problem('upload_gone');
    const key = objectKey(upload.folder, pieceName(DIRECT_PIECE, 0));
    const put = await this.objects.presign(key, { contentType: type, bytes, sha256, md5, seconds });
    if (!put) throw problem('not_supported_by_store');
    return { put, expires, completeBy: upload.expires_at };
  }

  /**
   * Appends a body at an offset, and completes the upload with its last byte. An upload that is already complete succeeds again:
   * the response to its last bytes was lost, so the client resends them.
   *
   * @throws Problem 400, 409, 410, 415, 422 (too many pieces, quota), 460 or 507
   */
  async append(id: Id, offset: number, body: Arriving, checksum: Checksum | null): Promise<UploadProgress> {
    await this.quota.assertDisk();
    // Each request writes under its own name, so that no two objects share one.
    const writer = `w${randomBytes(6).toString('hex')}`;
    const upload = await this.rows.appendAt(id, writer, offset);
    if (!upload) return this.appended(id, offset);
    const append = new UploadAppend(this.rows, this.objects, upload, writer);
    let whole: UploadRow | null = null;
    let sha256: string | undefined;
    try {
      await append.receive(body, checksum);
      sha256 = await append.sha256();
      whole = append.whole;
    } catch (error) {
      await this.broken(id, append, error, checksum !== null);
      throw error;
    } finally {
      await append.close();
      // Completing an upload also releases it.
      if (!whole) await this.rows.release(id, writer);
    }
    const photoId = whole && (await this.completeOf(whole, sha256));
    return { received: append.received, photoId };
  }

  /** The state of a complete upload. @throws Problem 410 when it has ended or expired, 409 when it continues at another offset */
  private async appended(id: Id, offset: number): Promise<UploadProgress> {
    const upload = await this.find(id);
    if (!upload || isOver(upload)) throw problem('upload_gone');
    const received = Number(upload.received);
    if (upload.photo_id === null || offset > received) throw offsetProblem('upload_offset', received);
    return { received, photoId: upload.photo_id };
  }

  /** Bytes before a broken connection count unless they have a checksum; bytes that are not a photo end the upload. */
  private async broken(id: Id, append: UploadAppend, error: unknown, isChecked: boolean): Promise<void> {
    const code = error instanceof Problem ? error.code : 'body_incomplete';
    if (code === 'body_incomplete' && !isChecked) await append.count();
    else if (code === 'body_incomplete' || code === 'checksum_mismatch') await append.takeBack();
    else if (code === 'unsupported_media_type' || code === 'too_many_pieces') await this.discard(id);
  }

  /**
   * The state of an upload. Takes the upload over: a hanging request's later writes do not count, so the returned offset
   * holds. Completes an upload with all its bytes but no photo, since the process that should have done so was killed.
   */
  async look(upload: UploadRow): Promise<UploadRow> {
    await this.letFinish(upload);
    const current = (await this.rows.takeOver(upload.id)) ?? (await this.find(upload.id));
    if (!current || isOver(current)) throw problem('upload_gone');
    if (current.state !== 'receiving' || current.received !== current.length) return current;
    await this.completeOf(current);
    return (await this.rows.find(current.id)) ?? current;
  }

  /** Waits for a running request to count its bytes, even if its client hangs. A killed request never does, so the wait is bounded. */
  private async letFinish(upload: UploadRow): Promise<void> {
    const until = Date.now() + COUNT.time + 250;
    for (let now: UploadRow | null = upload; now?.writer != null && Date.now() < until;) {
      await sleep(50);
      now = await this.rows.find(upload.id);
    }
  }

  /**
   * Makes the photo of a direct upload, whose client says that it is in the store, and may say so again.
   *
   * @throws Problem 404, 409 `upload_not_arrived`, 410 `upload_gone`, 415, 422 `quota_exceeded`
   */
  async completeDirect(owner: Id, id: Id): Promise<{ id: Id; existed: boolean }> {
    const upload = await this.find(id);
    if (!upload?.direct || upload.owner_id !== owner) {
      const photo = await this.photoRows.findForSure(id);
      if (photo?.owner_id === owner && photo.state !== 'uploading') return { id, existed: true };
      throw problem((await this.photos.wasRemoved(owner, id)) ? 'upload_gone' : 'not_found');
    }
    const isReceiving = upload.state === 'receiving';
    const made = isReceiving && isOver(upload) ? null : await this.completeOf(upload);
    if (made === null) throw problem('upload_gone');
    return { id: made, existed: !isReceiving || made !== id };
  }

  /**
   * Returns the photo, also when it was made before; null while bytes are missing and when the upload is over. The row
   * may be slightly stale. A writer that saw every byte passes `sha256`.
   *
   * @throws Problem 422 `quota_exceeded` or 415, which end the upload; 409 `upload_not_arrived`
   */
  async completeOf(upload: UploadRow, sha256?: string): Promise<Id | null> {
    if (upload.state !== 'receiving' || upload.purpose === 'import') return upload.photo_id;
    try {
      const original = await (upload.direct
        ? arrivedDirectly(this.objects, upload)
        : joined(this.objects, upload, sha256));
      if (!original) return null;
      const settled = await this.become(upload.id, original);
      // The sweeper removes any leftovers when the upload has expired.
      await this.tidy(upload, settled).catch(() => undefined);
      return settled?.photo_id ?? null;
    } catch (error) {
      if (!(error instanceof Problem)) return this.settledMeanwhile(upload.id, error);
      if (error.code !== 'upload_not_arrived') await this.discard(upload.id);
      throw error;
    }
  }

  /** Another request may have settled the upload, and removed what this one was reading. @throws Problem 410; the error */
  private async settledMeanwhile(id: Id, error: unknown): Promise<Id> {
    const now = await this.find(id);
    if (now?.state === 'receiving') throw error;
    if (now?.photo_id == null) throw problem('upload_gone');
    return now.photo_id;
  }

  /** Returns the row after the change; null when it is already deleted. */
  private become(id: Id, original: ArrivedOriginal) {
    return this.work.run(async (tx) => {
      const upload = await this.rows.lock(tx, id);
      if (upload?.state !== 'receiving') return upload;
      const { owner_id, folder, direct, alt_text: altText, declared_sha256: declaredSha256 } = upload;
      const place = { folder, id: direct ? id : undefined };
      const whole = { ...original, altText, declaredSha256 };
      const photo = await this.photos.make(tx, owner_id, place, whole, id);
      if (!photo) throw problem('upload_gone');
      return this.rows.complete(tx, id, photo.id, photo.existed ? 'duplicate' : 'completed');
    });
  }

  /** Ends an upload and removes the objects that no photo needs; safe to run twice and at any time. */
  async discard(id: Id): Promise<void> {
    await this.rows.end(id);
    const upload = await this.rows.find(id);
    if (upload) await this.tidy(upload, upload);
    await this.rows.forget(id);
  }

  /** Ends a direct upload that has not become a photo, and releases its quota. Returns false when there is none. */
  async discardDirect(owner: Id, id: Id): Promise<boolean> {
    const upload = await this.rows.find(id);
    if (!upload?.direct || upload.owner_id !== owner || upload.state !== 'receiving') return false;
    await this.discard(id);
    return true;
  }

  /**
   * Uses the row as read after the change: removes an original only when no photo can own it any more. A deleted row
   * (another process ended the upload during the join) does not show that; the photos do.
   */
  private async tidy({ owner_id: owner, folder, pieces }: UploadRow, now: UploadRow | null): Promise<void> {
    if (now?.state === 'receiving') return;
    const names = pieceNames(now?.pieces ?? pieces);
    const isOwned = now ? now.state === 'completed' : await this.photoRows.hasFolder(owner, folder);
    if (!isOwned) names.push(ORIGINAL);
    await this.objects.remove(folder, names);
  }
}
