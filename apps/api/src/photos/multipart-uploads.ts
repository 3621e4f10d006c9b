import { Injectable } from '@nestjs/common';
import { counter, JobSender, limits, problem, traced, type Id } from '@app/platform';
import { ArrivalRows, type Tx } from '@app/storage';
import { Quota } from '@app/domain';
import { callOf, isSynthetic, type ApiRequest } from '../http/call.js';
import { Idempotency, idempotencyKeyOf, type Made, type Outcome } from '../http/idempotency.js';
import { UploadReader, type Received } from './upload-reader.js';

/** Uploads: from the request's bytes to a photo that waits for its renditions. */
@Injectable()
export class MultipartUploads {
  constructor(
    private readonly rows: ArrivalRows,
    private readonly uploads: UploadReader,
    private readonly idempotency: Idempotency,
    private readonly jobs: JobSender,
    private readonly quota: Quota,
  ) {}

  /**
   * 202 for a new photo; 200 for bytes that the same person sent within a day and has not posted, so that a retry on a bad
   * network creates no second photo. The bytes are in the store before the row says so; a retry's copy is removed.
   */
  async upload(request: ApiRequest, owner: Id): Promise<Outcome> {
    idempotencyKeyOf(request);
    const { received, altText } = await traced('work', 'upload.receive', () =>
      this.uploads.read(request, owner),
    );
    const outcome = await this.once(request, owner, received, altText);
    if (outcome.id !== received.photoId) {
      await this.uploads.forget(received);
      return outcome;
    }
    if (!isSynthetic(callOf(request).caller)) counter('narwhal_photos_uploaded_total').inc();
    this.jobs.send('develop', { photoId: received.photoId });
    return outcome;
  }

  private async once(request: ApiRequest, owner: Id, received: Received, altText: string): Promise<Outcome> {
    const fields = { altText, sha256: received.sha256.toString('hex') };
    try {
      return await this.idempotency.once(request, fields, (tx) =>
        this.uploaded(tx, owner, received, altText),
      );
    } catch (error) {
      await this.uploads.forget(received);
      throw error;
    }
  }

  private async uploaded(tx: Tx, owner: Id, received: Received, altText: string): Promise<Made> {
    if (!(await this.rows.admit(tx, owner, received.sha256))) throw problem('session_ended');
    const same = await this.rows.sameBytes(tx, owner, received.sha256, limits.photo.sameBytesFor);
    if (same !== null) return { status: 200, id: same };
    await this.quota.take(tx, owner, received.bytes);
    if (!(await this.rows.uploaded(tx, received.photoId, { ...received, altText })))
      throw problem('body_incomplete');
    return { status: 202, id: received.photoId };
  }
}
