import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, problem, type Config } from '@app/platform';
import { EmailRows, UserRows, type Tx } from '@app/storage';
import type { Caller } from './access-tokens.js';

/** What only people with a verified address may do, where an operator asks for one (REQUIRE_VERIFIED_EMAIL). */
@Injectable()
export class VerifiedEmails {
  constructor(
    @Inject(CONFIG) private readonly config: Pick<Config, 'REQUIRE_VERIFIED_EMAIL'>,
    private readonly users: UserRows,
    private readonly emails: EmailRows,
  ) {}

  /** Accounts of synthetic checks read no mails. @throws Problem 403 `email_unverified` */
  async mustHave(tx: Tx, { userId, synthetic }: Caller): Promise<void> {
    if (!this.config.REQUIRE_VERIFIED_EMAIL || synthetic) return;
    const user = await this.users.find(userId, tx);
    const isVerified = user !== null && (await this.emails.standing(user, tx)).verified;
    if (!isVerified) throw problem('email_unverified');
  }
}
