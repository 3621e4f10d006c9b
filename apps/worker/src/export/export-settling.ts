import { Inject, Injectable } from '@nestjs/common';
import { limits } from '@app/platform';
import {
  exportName,
  exportNames,
  MailRows,
  OBJECT_STORE,
  TransferRows,
  UnitOfWork,
  UserRows,
  type ObjectStore,
  type TransferRow,
} from '@app/storage';

/** Publishes an export whose object is stored, and tells its owner by mail. */
@Injectable()
export class ExportSettling {
  constructor(
    private readonly rows: TransferRows,
    private readonly users: UserRows,
    private readonly mails: MailRows,
    private readonly work: UnitOfWork,
    @Inject(OBJECT_STORE) private readonly objects: ObjectStore,
  ) {}

  /** False when another attempt has begun, or the account was closed: then the object is deleted again. */
  async ready(transfer: TransferRow, bytes: number): Promise<boolean> {
    const { folder, attempts, user_id, locale } = transfer;
    const { keptFor: seconds } = limits.export;
    const isReady = await this.work.run(async (tx) => {
      const user = await this.users.lock(tx, user_id);
      if (!user || !(await this.rows.ready(tx, transfer, bytes, seconds))) return false;
      const mail = await this.mails.insert(tx, user, {
        kind: 'export',
        address: user.email,
        locale,
        seconds,
      });
      await tx.effect('mail.send', mail);
      return true;
    });
    await this.objects.remove(folder, isReady ? exportNames(attempts - 1) : [exportName(attempts)]);
    return isReady;
  }
}
