import { Injectable } from '@nestjs/common';
import { limits, problem, type Id } from '@app/platform';
import {
  AuditRows,
  lockAccount,
  newFolder,
  TransferRows,
  UnitOfWork,
  UploadRows,
  type Origin,
  type TransferRow,
} from '@app/storage';

/** Imports of zips that their owners uploaded: who may begin one. */
@Injectable()
export class Imports {
  constructor(
    private readonly rows: TransferRows,
    private readonly uploads: UploadRows,
    private readonly audit: AuditRows,
    private readonly work: UnitOfWork,
  ) {}

  /**
   * Begins one, or returns the one that was begun of the same upload: so a request may be repeated.
   *
   * @throws Problem 404 for an upload that is another's, no zip, or over; 409 `upload_not_arrived`
   */
  async begin(owner: Id, uploadId: Id, locale: string, from: Origin): Promise<TransferRow> {
    return this.work.run(async (tx) => {
      await lockAccount(tx, owner);
      const upload = await this.uploads.lock(tx, uploadId);
      if (upload?.owner_id !== owner || upload.purpose !== 'import') throw problem('not_found');
      const begun = await this.rows.ofUpload(tx, owner, uploadId);
      if (begun) return begun;
      if (upload.state !== 'receiving' || upload.expires_at.getTime() <= Date.now())
        throw problem('not_found');
      const [actual, expected] = [Number(upload.received), Number(upload.length)];
      if (actual !== expected) throw problem('upload_not_arrived', { params: { actual, expected } });
      await this.uploads.keepForImport(tx, uploadId, limits.import.triedFor + limits.import.keptFor);
      const made = await this.rows.insertImport(tx, owner, uploadId, newFolder(), locale);
      await this.audit.record(tx, 'import.begun', owner, from);
      await tx.effect('import.make', made.id);
      return made;
    });
  }

  /** @throws Problem 404 for one that is another's, or over */
  async own(id: Id, owner: Id): Promise<TransferRow> {
    const row = await this.rows.find(id);
    if (row?.user_id !== owner || row.kind !== 'import' || row.state === 'ended') throw problem('not_found');
    return row;
  }
}
