import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, problem, type Config, type Id } from '@app/platform';
import { Quota, Uploads } from '@app/domain';
import type { UploadPurpose, UploadRow } from '@app/storage';
import type { ApiRequest } from '../http/call.js';
import { Idempotency } from '../http/idempotency.js';

const hashOf = (secret: string): Buffer => createHash('sha256').update(secret).digest();

/**
 * Resumable uploads by their addresses. The secret in an address is derived from the upload's id, so that a repeated request
 * gets the same address though only its hash is stored.
 */
@Injectable()
export class TusUploads {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly uploads: Uploads,
    private readonly quota: Quota,
    private readonly idempotency: Idempotency,
  ) {}

  /** `repeated`: this request was answered before. */
  async begin(
    request: ApiRequest,
    owner: Id,
    sent: { length: number; altText: string },
    purpose: UploadPurpose,
  ) {
    await this.quota.assertDisk();
    // Photos as in the release before, whose processes may have the repeat.
    const whole = purpose === 'photo' ? sent : { ...sent, purpose };
    let begun: UploadRow | undefined;
    const { id, repeated } = await this.idempotency.once(request, whole, async (tx) => {
      const upload = { ...sent, purpose };
      begun = await this.uploads.begin(tx, owner, upload, (made) => hashOf(this.secrets(made)[0] ?? ''));
      return { status: 201, id: begun.id };
    });
    const upload = begun?.id === id ? begun : await this.uploads.find(id);
    // None once its key has left the ring.
    const secret = upload && this.secrets(id).find((one) => hashOf(one).equals(upload.secret_hash));
    if (!upload || secret === undefined) throw problem('gone');
    return { upload, location: `/v1/uploads/${id}?s=${secret}`, repeated };
  }

  /** The upload for an id and secret. @throws Problem 404, the same for a wrong secret as for no upload */
  async open(id: Id, secret: string | undefined): Promise<UploadRow> {
    const upload = await this.uploads.find(id);
    if (!upload || !timingSafeEqual(hashOf(secret ?? ''), upload.secret_hash)) throw problem('not_found');
    return upload;
  }

  private secrets(id: Id): string[] {
    return this.config.TOKEN_KEYS.map((key) =>
      createHmac('sha256', key.secret).update(`upload ${id}`).digest('base64url'),
    );
  }
}
