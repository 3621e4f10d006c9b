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

/** The lifecycle of resumable uploads, except for their bytes. */
@Injectable()
export class TusUploads {
  constructor(
    private readonly rows: UploadRows,
    private readonly secrets: UploadSecrets,
    private readonly quota: Quota,
    private readonly idempotency: Idempotency,
    private readonly completion: UploadCompletion,
  ) {}

  /** Creates the row, which names the folder, before the first byte arrives. `repeated`: this request was answered before. */
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
   * The state of an upload. Takes the upload over: a hanging request's later writes do not count, so the returned offset
   * holds. Completes an upload with all its bytes but no photo, since the process that should have done so was killed.
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

  /** Waits for a running request to count its bytes, even if its client hangs. A killed request never does, so the wait is bounded. */
  private async letFinish(upload: UploadRow): Promise<void> {
    const until = Date.now() + COUNT.time + 250;
    for (let now: UploadRow | null = upload; now?.writer != null && Date.now() < until;) {
      await sleep(50);
      now = await this.rows.find(upload.id);
    }
  }

  /** Ends the upload. A complete upload's photo stays. */
  async end(upload: UploadRow): Promise<void> {
    await this.completion.discard(upload.id);
  }
}
