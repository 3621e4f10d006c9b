import { Injectable } from '@nestjs/common';
import { problem, type Id } from '@app/platform';
import { Database, PhotoRows, UploadRows } from '@app/storage';
import { Removal, UploadCompletion } from '@app/domain';
import type { Made } from '../http/idempotency.js';

/** The client reports that its upload is in the store. It may repeat the report. */
@Injectable()
export class DirectCompletion {
  constructor(
    private readonly rows: UploadRows,
    private readonly photos: PhotoRows,
    private readonly removal: Removal,
    private readonly completion: UploadCompletion,
    private readonly database: Database,
  ) {}

  /** @throws Problem 404, 409 `upload_not_arrived`, 410 `upload_gone`, 415, 422 `quota_exceeded` */
  async complete(owner: Id, id: Id): Promise<Made> {
    const photo = await this.photos.find(id);
    if (photo?.owner_id === owner && photo.state !== 'uploading') return { status: 200, id };
    const upload = await this.database.findForSure((connection) => this.rows.find(id, connection));
    if (!upload?.direct || upload.owner_id !== owner)
      throw problem((await this.removal.wasBy(owner, id)) ? 'upload_gone' : 'not_found');
    const isLate = upload.state === 'receiving' && upload.expires_at.getTime() <= Date.now();
    const made = isLate ? null : await this.completion.complete(id);
    if (made === null) throw problem('upload_gone');
    return { status: upload.state === 'receiving' && made === id ? 202 : 200, id: made };
  }
}
