import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { limits, problem, type Id } from '@app/platform';
import { newFolder, UploadRows, type UploadRow } from '@app/storage';
import { Quota, UploadCompletion } from '@app/domain';
import type { ApiRequest } from '../http/call.js';
import { Idempotency } from '../http/idempotency.js';
import { COUNT } from './appending.js';
import { UploadSecrets } from './upload-secrets.js';

export interface NewUpload {
  length: number;
  altText: string;
}

/** The life of resumable uploads, except for their bytes. */
@Injectable()
export class TusUploads {
  constructor(
    private readonly rows: UploadRows,
    private readonly secrets: UploadSecrets,
    private readonly quota: Quota,
    private readonly idempotency: Idempotency,
    private readonly completion: UploadCompletion,
  ) {}

  /** Its row names its folder before the first byte. `repeated`: this request was answered before. */
  async begin(request: ApiRequest, owner: Id, { length, altText }: NewUpload) {
    await this.quota.assertRoom(owner, length);
    let begun: UploadRow | undefined;
    const outcome = await this.idempotency.once(request, { length, altText }, async (tx) => {
      const id = await this.rows.nextId(tx, owner);
      begun = await this.rows.begin(tx, {
        id,
        owner,
        secretHash: this.secrets.make(id).hash,
        folder: newFolder(),
        length,
        altText,
        validFor: limits.upload.validFor,
      });
      return { status: 201, id };
    });
    const upload = begun?.id === outcome.id ? begun : await this.rows.find(outcome.id);
    const secret = upload && this.secrets.again(upload);
    if (!upload || secret === undefined) throw problem('gone');
    return { upload, location: `/v1/uploads/${upload.id}?s=${secret}`, repeated: outcome.repeated };
  }

  /**
   * Where an upload stands. Whoever asks takes it over: what a request that still hangs writes afterwards does not count,
   * so the offset in this answer holds. All bytes here and no photo: who should have made it was killed.
   */
  async look(upload: UploadRow): Promise<UploadRow> {
    await this.letFinish(upload);
    const taken = await this.rows.takeOver(upload.id);
    const current = taken ?? (await this.rows.find(upload.id));
    if (!current || current.state === 'ended' || current.expires_at.getTime() <= Date.now())
      throw problem('upload_gone');
    if (current.state !== 'receiving' || current.received !== current.length) return current;
    await this.completion.complete(current.id);
    return (await this.rows.find(current.id)) ?? current;
  }

  /** A request that is ending, or hangs and is alive, counts what it has within this time; one that was killed does not. */
  private async letFinish(upload: UploadRow): Promise<void> {
    const until = Date.now() + COUNT.time + 250;
    for (let now: UploadRow | null = upload; now?.writer != null && Date.now() < until;) {
      await sleep(50);
      now = await this.rows.find(upload.id);
    }
  }

  /** Ends it; of one that is complete the photo stays. */
  async end(upload: UploadRow): Promise<void> {
    await this.completion.discard(upload.id);
  }
}
