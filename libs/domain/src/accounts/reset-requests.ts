import { createHash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { RateCounter } from '@app/feed';
import { CONFIG, limits, type Config, type Id } from '@app/platform';
import { MailRows, mayReturn, UnitOfWork, UserRows, type MailRow, type Tx } from '@app/storage';
import { Accounts, nameOf } from './accounts.js';

const kind = 'reset';
const { validFor: seconds, perHour, askedPerHour } = limits.passwordReset;

/**
 * Requests for a mail that resets a password. Asking costs the same and is answered alike whether or not there is such an account:
 * the worker looks it up later.
 */
@Injectable()
export class ResetRequests {
  constructor(
    @Inject(CONFIG) private readonly config: Pick<Config, 'RATE_LIMITS'>,
    private readonly accounts: Accounts,
    private readonly users: UserRows,
    private readonly mails: MailRows,
    private readonly rates: RateCounter,
    private readonly work: UnitOfWork,
  ) {}

  /** Beyond the limit of a login nothing happens, and nobody is told. */
  async ask(login: string, locale: string): Promise<void> {
    const name = nameOf(login);
    if (name === '' || name.includes('\u0000')) return;
    if (this.config.RATE_LIMITS && !(await this.isWithinLimit(name))) return;
    await this.work.run(async (tx) => {
      const id = await this.mails.ask(tx, { kind, login: name, locale, seconds });
      await tx.effect('mail.send', id);
    });
  }

  /** For the worker: replaces a request by the mail to its account, if there is one, and it was not sent too many. */
  async address({ id, login, locale, expires_at }: MailRow): Promise<void> {
    // After an outage nobody expects it any more.
    const isLate = expires_at.getTime() <= Date.now();
    const user = login === null || isLate ? null : await this.accounts.byLogin(login);
    await this.work.run(async (tx) => {
      const isFirst = await this.mails.forget(tx, id);
      if (isFirst && user) await this.write(tx, user.id, locale);
    });
  }

  private async write(tx: Tx, userId: Id, locale: string): Promise<void> {
    const user = await this.users.lock(tx, userId);
    if (!user || !mayReturn(user)) return;
    if ((await this.mails.lately(tx, userId, kind)) >= perHour) return;
    const mail = await this.mails.insert(tx, user, { kind, address: user.email, locale, seconds });
    await tx.effect('mail.send', mail);
  }

  /** Redis gets no addresses. */
  private async isWithinLimit(name: string): Promise<boolean> {
    const subject = createHash('sha256').update(name).digest('base64url');
    const window = { requests: askedPerHour, seconds: 3_600, shared: true };
    return (await this.rates.take('resets', subject, window)).allowed;
  }
}
