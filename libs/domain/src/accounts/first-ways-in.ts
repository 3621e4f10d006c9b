import { Inject, Injectable } from '@nestjs/common';
import { canonicalEmail, CONFIG, problem, type Config, type Id } from '@app/platform';
import { AuditRows, EmailRows, IdentityRows, type Origin, type Tx } from '@app/storage';
import type { PasswordOwner } from './password-strength.js';
import { Passwords, unusableHash } from './passwords.js';
import { openSignUp, type Newcomer } from './sign-up-tokens.js';

/** By what a new account is entered: a password, an identity at a provider, or both. */
export interface FirstWayIn {
  passwordHash: string;
  identity: Newcomer | null;
}

/** The password and the identity of a new account. */
@Injectable()
export class FirstWaysIn {
  constructor(
    @Inject(CONFIG) private readonly config: Pick<Config, 'TOKEN_KEYS'>,
    private readonly passwords: Passwords,
    private readonly identities: IdentityRows,
    private readonly emails: EmailRows,
    private readonly audit: AuditRows,
  ) {}

  /** @throws Problem 403 `sign_up_expired`, 422 `password_too_weak` */
  async of(
    { password, signUp }: { password?: string | undefined; signUp?: string | undefined },
    owner: PasswordOwner,
  ): Promise<FirstWayIn> {
    const identity = signUp === undefined ? null : openSignUp(this.config.TOKEN_KEYS, signUp);
    if (signUp !== undefined && identity === null) throw problem('sign_up_expired');
    const passwordHash = password === undefined ? unusableHash() : await this.passwords.hash(password, owner);
    return { passwordHash, identity };
  }

  /** Links the identity to a new account, or to a sign-up that waits. @throws Problem 409 `identity_taken` */
  async link(tx: Tx, userId: Id, { identity }: FirstWayIn): Promise<void> {
    if (identity === null) return;
    if (!(await this.identities.link(tx, userId, identity, identity.email))) throw problem('identity_taken');
  }

  /** Makes the address theirs that the provider has verified; false where it has not, or the address is somebody else's. */
  async verify(
    tx: Tx,
    user: { id: Id; email: string },
    { identity }: FirstWayIn,
    from: Origin,
  ): Promise<boolean> {
    if (!identity?.email || canonicalEmail(identity.email) !== user.email) return false;
    if (!(await this.emails.verify(tx, user.email, user.id))) return false;
    await this.audit.record(tx, 'email.verified', user.id, from);
    return true;
  }
}
