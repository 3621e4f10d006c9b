import { Injectable } from '@nestjs/common';
import type { Id } from '@app/platform';
import { MailRows, type TransferKind } from '@app/storage';
import { Mails } from '../mail/mails.js';
import { Transfers } from '../transfers/transfers.service.js';

/** Work that may take longer than an effect should: its rows stay until it is done, and the sweep finds them. */
@Injectable()
export class LongWork {
  constructor(
    private readonly mails: Mails,
    private readonly mailRows: MailRows,
    private readonly transfers: Transfers,
  ) {}

  async sendMail(id: Id): Promise<void> {
    await this.mails.carryOut(id);
  }

  wake(kind: TransferKind): Promise<void> {
    this.transfers.wake(kind);
    return Promise.resolve();
  }

  overdueMails(seconds: number, limit: number): Promise<Id[]> {
    return this.mailRows.due(seconds, limit);
  }

  /** Makes those that wait, and deletes those that are over. */
  sweepTransfers(limit: number): Promise<void> {
    return this.transfers.sweep(limit);
  }
}
