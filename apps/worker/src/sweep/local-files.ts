import { Injectable } from '@nestjs/common';
import { limits } from '@app/platform';
import { RenditionWriter } from '../develop/rendition-writer.js';
import { MailServer } from '../mail/mail-server.js';

/** Deletes what this worker's machine alone holds, and nobody needs any more. */
@Injectable()
export class LocalFiles {
  constructor(
    private readonly renditions: RenditionWriter,
    private readonly mails: MailServer,
  ) {}

  async sweep(): Promise<void> {
    await this.renditions.sweepScratch();
    await this.mails.forgetBefore(new Date(Date.now() - limits.mail.keptFor * 1_000));
  }
}
