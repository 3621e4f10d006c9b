import { Injectable } from '@nestjs/common';
import { limits, type Id } from '@app/platform';
import { EmailRows, MailRows, mayReturn, UnitOfWork, UserRows, type MailRow, type Tx } from '@app/storage';
import { Accounts } from './accounts.js';
import { Letters } from './letters.js';

const kind = 'reset';
const { validFor: seconds, perHour } = limits.passwordReset;
const HOUR = 60 * 60;

/** For the worker: finds out whose password was forgotten. */
@Injectable()
export class ResetMails {
  constructor(
    private readonly accounts: Accounts,
    private readonly users: UserRows,
    private readonly emails: EmailRows,
    private readonly mails: MailRows,
    private readonly letters: Letters,
    private readonly work: UnitOfWork,
  ) {}

  /** Replaces a request by the mail to its account, if there is one, and it was not sent too many. */
  async address({ id, login, locale, expires_at }: MailRow): Promise<void> {
    // After an outage nobody expects it any more.
    const isLate = expires_at.getTime() <= Date.now();
    const user = login === null || isLate ? null : await this.accounts.byLogin(login);
    await this.work.run(async (tx) => {
      const isFirst = await this.mails.forget(tx, id);
      if (isFirst && user) await this.write(tx, user.id, locale);
    });
  }

  /** An account asked for by name is sent it where its address is not verified, too: a typo or a lost mail would lose the account. */
  private async write(tx: Tx, userId: Id, locale: string): Promise<void> {
    const user = await this.users.lock(tx, userId);
    if (!user || !mayReturn(user)) return;
    if ((await this.mails.pause(tx, userId, kind, { most: perHour, seconds: HOUR })) > 0) return;
    const letter = { kind, address: user.email, locale, seconds } as const;
    const owner = await this.emails.ownerOf(user.email, tx);
    if (owner?.user_id === userId) await this.letters.toOwner(tx, user, letter);
    else await this.letters.toNamed(tx, user, letter);
  }
}
