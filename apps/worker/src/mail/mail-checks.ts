import { Injectable } from '@nestjs/common';
import { ResetMails, VerificationRequests } from '@app/domain';
import type { MailKind } from '@app/platform';
import type { AddressedMail, MailRow } from '@app/storage';

/** Whose address each goes to: one that somebody named, and that may be another's, or the account's own. */
const addresses: Record<MailKind, 'named' | 'own'> = {
  verify: 'named',
  approved: 'named',
  refused: 'named',
  undecided: 'named',
  reset: 'own',
  export: 'own',
  proof: 'own',
  reversal: 'own',
  address_in_use: 'own',
  account_closed: 'own',
  new_device: 'own',
  credentials_changed: 'own',
  factors_removal: 'own',
};

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
    return addresses[mail.kind] === 'own' || this.verifications.isWanted(mail);
  }
}
