import { Injectable } from '@nestjs/common';
import type { Id } from '@app/platform';
import { MailRows } from '@app/storage';
import { ExportService } from '../export/export.service.js';
import { Mails } from '../mail/mails.js';

/** Work that may take longer than an effect should: its rows stay until it is done, and the sweep finds them. */
@Injectable()
export class LongWork {
  constructor(
    private readonly mails: Mails,
    private readonly mailRows: MailRows,
    private readonly exports: ExportService,
  ) {}

  async sendMail(id: Id): Promise<void> {
    await this.mails.carryOut(id);
  }

  makeExports(): Promise<void> {
    this.exports.wake();
    return Promise.resolve();
  }

  overdueMails(seconds: number, limit: number): Promise<Id[]> {
    return this.mailRows.due(seconds, limit);
  }

  /** Makes those that wait, and deletes those that are over. */
  sweepExports(limit: number): Promise<void> {
    return this.exports.sweep(limit);
  }
}
