import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, counter, problem, type Config, type Id } from '@app/platform';
import { AuditRows, UserRows, type Origin, type Tx } from '@app/storage';
import { Passwords } from './passwords.js';
import { namesKeptSince } from './profiles.js';
import { VerificationRequests } from './verification-requests.js';

/** A person's input to sign up. */
export interface SignUp {
  username: string;
  email: string;
  password: string;
  displayName?: string | null | undefined;
  /** The language of mails to them. */
  locale?: string | undefined;
}

/**
 * New accounts. Several may name one address: it belongs to whoever verifies it, and a sign-up with a known one is answered, and costs,
 * as any other.
 */
@Injectable()
export class SignUps {
  constructor(
    @Inject(CONFIG) private readonly config: Pick<Config, 'REGISTRATIONS'>,
    private readonly rows: UserRows,
    private readonly passwords: Passwords,
    private readonly verifications: VerificationRequests,
    private readonly audit: AuditRows,
  ) {}

  /** The hash of a new account's password, for `create`. @throws Problem 422 `password_too_weak` */
  async prepare({ password, username, email, displayName = null }: SignUp): Promise<string> {
    if (this.config.REGISTRATIONS === 'closed') throw problem('registrations_closed');
    return this.passwords.hash(password, { username, email, displayName });
  }

  /** @throws Problem 409 `username_taken` */
  async create(
    tx: Tx,
    { username, email, displayName, locale = 'en' }: SignUp,
    passwordHash: string,
    from: Origin,
  ): Promise<Id> {
    const user = await this.rows.insert(tx, {
      username,
      email,
      passwordHash,
      displayName: displayName ?? '',
      locale,
    });
    const { id } = user;
    if (!(await this.rows.claimUsername(tx, username, id, namesKeptSince()))) throw problem('username_taken');
    await this.verifications.first(tx, user);
    await this.audit.record(tx, 'account.created', id, from);
    tx.afterCommit(() => counter('narwhal_signups_total').inc());
    return id;
  }
}
