import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, limits, mailOfToken, problem, type Config } from '@app/platform';
import {
  MailRows,
  mayReturn,
  UnitOfWork,
  UserRows,
  type AddressedMail,
  type Origin,
  type Tx,
} from '@app/storage';
import { AddressChanges } from './address-changes.js';
import { Sessions } from './sessions.js';

const kind = 'reversal';

/**
 * Takes a change of address back, by the mail to the old one. Whoever made the change may know the password, and may have changed it
 * since, so the link is good whatever the password is, and ends it.
 */
@Injectable()
export class EmailReversals {
  constructor(
    @Inject(CONFIG) private readonly config: Pick<Config, 'TOKEN_KEYS'>,
    private readonly users: UserRows,
    private readonly mails: MailRows,
    private readonly changes: AddressChanges,
    private readonly sessions: Sessions,
    private readonly work: UnitOfWork,
  ) {}

  /** Whether a link would work now. */
  async isGood(token: string): Promise<boolean> {
    return this.work.run(async (tx) => (await this.byToken(tx, token)) !== null);
  }

  /** Ends all sessions. @throws Problem 403 `token_used` */
  async revert(token: string, from: Origin): Promise<void> {
    await this.work.run(async (tx) => {
      const mail = await this.byToken(tx, token);
      const user = mail && (await this.users.lock(tx, mail.user_id));
      if (!user || !mayReturn(user) || mail?.address == null) throw problem('token_used');
      // Later ones went to addresses that came after this one: whoever took the account gets it back by none of them.
      if (!(await this.mails.useWithLater(tx, mail))) throw problem('token_used');
      const trusted = new Date(mail.created_at.getTime() - limits.verification.reversalFor * 1_000);
      const back = { address: mail.address, trusted };
      await this.changes.giveBack(tx, user, back, from);
      await this.sessions.endIn(tx, user.id, {});
    });
  }

  private async byToken(tx: Tx, token: string): Promise<AddressedMail | null> {
    const mailId = mailOfToken(this.config.TOKEN_KEYS, kind, token);
    const mail = mailId === null ? null : await this.mails.find(mailId, tx);
    if (!mail?.user_id || mail.used_at !== null || mail.expires_at.getTime() <= Date.now()) return null;
    return { ...mail, user_id: mail.user_id };
  }
}
