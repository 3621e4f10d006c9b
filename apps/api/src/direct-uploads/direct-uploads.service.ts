import { randomBytes } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { limits, problem, type Id } from '@app/platform';
import { DIRECT_PIECE, Quota } from '@app/domain';
import {
  newFolder,
  OBJECT_STORE,
  objectKey,
  pieceName,
  UploadRows,
  type ObjectStore,
  type UploadRow,
} from '@app/storage';
import type { ApiRequest } from '../http/call.js';
import { Idempotency } from '../http/idempotency.js';
import type { DirectUpload } from './direct-uploads.schemas.js';

const { presignedFor, completeWithin } = limits.upload;

/**
 * Uploads that clients write to an S3 store themselves, bypassing the api. The row comes first: it names the object and
 * holds the quota. The client writes an object beside the original, which becomes the original when the client reports it.
 * An object that never arrives, or arrives again later, is swept with the row.
 */
@Injectable()
export class DirectUploads {
  constructor(
    @Inject(OBJECT_STORE) private readonly objects: ObjectStore,
    private readonly rows: UploadRows,
    private readonly quota: Quota,
    private readonly idempotency: Idempotency,
  ) {}

  /** @throws Problem 413, 422 `not_supported_by_store` or `quota_exceeded` */
  async begin(request: ApiRequest, owner: Id, sent: DirectUpload) {
    const { bytes } = sent;
    const limit = limits.photo.bytes;
    if ((await this.objects.home()) !== 's3') throw problem('not_supported_by_store');
    if (bytes > limit) throw problem('photo_too_large', { params: { limit, actual: bytes } });
    const { id } = await this.idempotency.once(request, sent, async (tx) => {
      await this.quota.reserve(tx, owner, bytes);
      const made = await this.rows.nextId(tx, owner);
      await this.rows.beginDirect(tx, {
        id: made,
        owner,
        folder: newFolder(),
        length: bytes,
        altText: sent.altText ?? '',
        validFor: presignedFor + completeWithin,
        sha256: sent.sha256 === undefined ? null : Buffer.from(sent.sha256, 'hex'),
        noSecret: randomBytes(32),
        piece: DIRECT_PIECE,
      });
      return { status: 201, id: made };
    });
    const upload = await this.rows.find(id);
    if (!upload || upload.state === 'ended') throw problem('gone');
    return this.signed(upload, sent);
  }

  /** A repeated request gets a URL that is valid for the remaining time. */
  private async signed(upload: UploadRow, { type, bytes, sha256, md5 }: DirectUpload) {
    const expires = upload.expires_at.getTime() - completeWithin * 1000;
    const seconds = Math.min(presignedFor, Math.ceil((expires - Date.now()) / 1000));
    if (seconds <= 0) throw problem('upload_gone');
    const key = objectKey(upload.folder, pieceName(DIRECT_PIECE, 0));
    const put = await this.objects.presign(key, { contentType: type, bytes, sha256, md5, seconds });
    if (!put) throw problem('not_supported_by_store');
    return {
      photoId: upload.id,
      upload: { method: 'PUT' as const, ...put, expiresAt: new Date(expires).toISOString() },
      completeBy: upload.expires_at.toISOString(),
    };
  }
}
