import { Injectable } from '@nestjs/common';
import { counter, problem, type Id } from '@app/platform';
import { AuditRows, RegistrationRows, UserRows, type NewUser, type Origin, type Tx } from '@app/storage';
import { Admission, type Credentials } from './admission.js';
import { Passwords } from './passwords.js';
import { namesKeptSince } from './profiles.js';
import { VerificationRequests } from './verification-requests.js';

/** A person's input to sign up. */
export interface SignUp extends Credentials {
  username: string;
  email: string;
  password: string;
  displayName?: string | null | undefined;
  /** The language of mails to them. */
  locale?: string | undefined;
}

/**
 * Sign-up: an account at once, or a registration that waits for an admin. Several may name one address: it belongs to whoever verifies
 * it, and a sign-up with a known one is answered, and costs, as any other.
 */
@Injectable()
export class SignUps {
  constructor(
    private readonly admission: Admission,
    private readonly users: UserRows,
    private readonly registrations: RegistrationRows,
    private readonly passwords: Passwords,
    private readonly verifications: VerificationRequests,
    private readonly audit: AuditRows,
  ) {}

  /** The hash of a new account's password, for `create`. @throws Problem 422 `password_too_weak`, and as `Admission.check` */
  async prepare(given: SignUp): Promise<string> {
    this.admission.check(given);
    const { password, username, email, displayName = null } = given;
    return this.passwords.hash(password, { username, email, displayName });
  }

  /** @throws Problem 409 `username_taken`, and as `Admission.admit` */
  async create(
    tx: Tx,
    given: SignUp,
    passwordHash: string,
    from: Origin,
  ): Promise<{ id: Id; waits: boolean }> {
    const { username, email, displayName, locale = 'en' } = given;
    const { waits, ...admitted } = await this.admission.admit(tx, given);
    const user = { username, email, passwordHash, displayName: displayName ?? '', locale, ...admitted };
    const id = waits ? await this.hold(tx, user) : await this.insert(tx, user);
    const { invitedBy } = admitted;
    await this.audit.record(tx, 'account.created', id, from, invitedBy === null ? {} : { invitedBy });
    return { id, waits };
  }

  private async insert(tx: Tx, given: NewUser): Promise<Id> {
    const user = await this.users.insert(tx, given);
    if (!(await this.users.claimUsername(tx, user.username, user.id, namesKeptSince())))
      throw problem('username_taken');
    await this.verifications.first(tx, user);
    tx.afterCommit(() => counter('narwhal_signups_total').inc());
    return user.id;
  }

  private async hold(tx: Tx, user: NewUser): Promise<Id> {
    const { id, username } = await this.registrations.insert(tx, user);
    if (!(await this.users.holdUsername(tx, username, id, namesKeptSince()))) throw problem('username_taken');
    return id;
  }
}
