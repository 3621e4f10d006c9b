import { Injectable } from '@nestjs/common';
import { ResetMails, VerificationRequests } from '@app/domain';
import type { MailKind } from '@app/platform';
import type { AddressedMail, MailRow } from '@app/storage';

/** Mails to addresses that somebody named, and that may be another's. */
const toNamed: ReadonlySet<MailKind> = new Set<MailKind>(['verify', 'approved', 'refused', 'undecided']);

/** What the domain decides about a mail before it is sent, by kind. */
@Injectable()
export class MailChecks {
  constructor(
    private readonly resets: ResetMails,
    private readonly verifications: VerificationRequests,
  ) {}

  /** Finds out whose a mail is that was asked for by login. */
  async address(asked: MailRow): Promise<void> {
    if (asked.kind === 'reset') await this.resets.address(asked);
  }

  /** Whether a mail is still to be sent to its address. */
  async isWanted(mail: AddressedMail): Promise<boolean> {
    return !toNamed.has(mail.kind) || this.verifications.isWanted(mail);
  }
}
