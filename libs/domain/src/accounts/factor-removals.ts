import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, mailOfToken, problem, type Config } from '@app/platform';
import {
  MailRows,
  mayReturn,
  UnitOfWork,
  UserRows,
  type AddressedMail,
  type Origin,
  type Tx,
} from '@app/storage';
import { FactorChecks } from './factor-checks.js';

/**
 * Stops an operator's removal of somebody's second factors, by the link of the mail that tells of it: whatever the password is by
 * then, since whoever asked for the removal may know it.
 */
@Injectable()
export class FactorRemovals {
  constructor(
    @Inject(CONFIG) private readonly config: Pick<Config, 'TOKEN_KEYS'>,
    private readonly users: UserRows,
    private readonly mails: MailRows,
    private readonly checks: FactorChecks,
    private readonly work: UnitOfWork,
  ) {}

  /** Whether a link would work now. */
  async isGood(token: string): Promise<boolean> {
    return this.work.run(async (tx) => {
      const mail = await this.byToken(tx, token);
      const rows = mail && (await this.checks.rowsOf(tx, mail.user_id));
      return rows?.some(({ kind }) => kind === 'removal') ?? false;
    });
  }

  /** @throws Problem 403 `token_used`, also when the factors are gone, or kept already */
  async stop(token: string, from: Origin): Promise<void> {
    await this.work.run(async (tx) => {
      const mail = await this.byToken(tx, token);
      const user = mail && (await this.users.lock(tx, mail.user_id));
      if (!user || !mayReturn(user) || !(await this.mails.use(tx, mail.id))) throw problem('token_used');
      if (!(await this.checks.keep(tx, user.id, from))) throw problem('token_used');
    });
  }

  private async byToken(tx: Tx, token: string): Promise<AddressedMail | null> {
    const mailId = mailOfToken(this.config.TOKEN_KEYS, 'factors_removal', token);
    const mail = mailId === null ? null : await this.mails.find(mailId, tx);
    if (!mail?.user_id || mail.used_at !== null || mail.expires_at.getTime() <= Date.now()) return null;
    return { ...mail, user_id: mail.user_id };
  }
}
