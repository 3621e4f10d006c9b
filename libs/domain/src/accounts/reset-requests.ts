import { createHash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { RateCounter } from '@app/feed';
import { CONFIG, limits, type Config } from '@app/platform';
import { MailRows, UnitOfWork } from '@app/storage';
import { nameOf } from './accounts.js';

const kind = 'reset';
const { validFor: seconds, askedPerHour } = limits.passwordReset;

/**
 * Requests for a mail that resets a password. Asking costs the same and is answered alike whether or not there is such an account:
 * the worker looks it up later.
 */
@Injectable()
export class ResetRequests {
  constructor(
    @Inject(CONFIG) private readonly config: Pick<Config, 'RATE_LIMITS'>,
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

  /** Redis gets no addresses. */
  private async isWithinLimit(name: string): Promise<boolean> {
    const subject = createHash('sha256').update(name).digest('base64url');
    const window = { requests: askedPerHour, seconds: 3_600, shared: true };
    return (await this.rates.take('resets', subject, window)).allowed;
  }
}
