import { Injectable } from '@nestjs/common';
import { counter, problem, type Id } from '@app/platform';
import { AuditRows, RegistrationRows, UserRows, type NewUser, type Origin, type Tx } from '@app/storage';
import { Admission, type Credentials } from './admission.js';
import { FirstWaysIn, type FirstWayIn } from './first-ways-in.js';
import { namesKeptSince } from './profiles.js';
import type { Receiver } from './letters.js';
import { VerificationRequests } from './verification-requests.js';

/** A person's input to sign up. */
export interface SignUp extends Credentials {
  username: string;
  email: string;
  /** May be missing where `signUp` says who it is. */
  password?: string | undefined;
  /** For somebody whom a provider knows: of POST /v1/sessions/identity. */
  signUp?: string | undefined;
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
    private readonly waysIn: FirstWaysIn,
    private readonly verifications: VerificationRequests,
    private readonly audit: AuditRows,
  ) {}

  /** By what the new account is entered, for `create`. @throws Problem as `Admission.check` and `FirstWaysIn.of` */
  async prepare(given: SignUp): Promise<FirstWayIn> {
    this.admission.check(given);
    const { username, email, displayName = null } = given;
    return this.waysIn.of(given, { username, email, displayName });
  }

  /** @throws Problem 409 `username_taken`, `identity_taken`, and as `Admission.admit` */
  async create(tx: Tx, given: SignUp, wayIn: FirstWayIn, from: Origin): Promise<{ id: Id; waits: boolean }> {
    const { username, email, displayName, locale = 'en' } = given;
    const { passwordHash } = wayIn;
    const { waits, ...admitted } = await this.admission.admit(tx, given);
    const user = { username, email, passwordHash, displayName: displayName ?? '', locale, ...admitted };
    const made = waits ? await this.hold(tx, user) : await this.insert(tx, user);
    await this.waysIn.link(tx, made.id, wayIn);
    const { invitedBy } = admitted;
    await this.audit.record(tx, 'account.created', made.id, from, invitedBy === null ? {} : { invitedBy });
    if (!waits && !(await this.waysIn.verify(tx, made, wayIn, from)))
      await this.verifications.first(tx, made);
    return { id: made.id, waits };
  }

  private async insert(tx: Tx, given: NewUser): Promise<Receiver> {
    const user = await this.users.insert(tx, given);
    if (!(await this.users.claimUsername(tx, user.username, user.id, namesKeptSince())))
      throw problem('username_taken');
    tx.afterCommit(() => counter('narwhal_signups_total').inc());
    return user;
  }

  private async hold(tx: Tx, user: NewUser): Promise<Receiver> {
    const made = await this.registrations.insert(tx, user);
    if (!(await this.users.holdUsername(tx, user.username, made.id, namesKeptSince())))
      throw problem('username_taken');
    return made;
  }
}
