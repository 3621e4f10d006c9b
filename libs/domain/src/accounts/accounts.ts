import { Injectable } from '@nestjs/common';
import { canonicalEmail, fold, problem, type Id } from '@app/platform';
import {
  mayReturn,
  RegistrationRows,
  UnitOfWork,
  UserRows,
  type Origin,
  type RegistrationRow,
  type Tx,
  type UserRow,
} from '@app/storage';
import { AccountRecord } from './account-record.js';
import type { Caller } from './access-tokens.js';
import type { PasswordOwner } from './password-strength.js';
import { Passwords } from './passwords.js';
import { parseRefreshToken } from './refresh-tokens.js';
import { Sessions } from './sessions.js';

/** What a person gives to sign in; the refresh token is the last one that this device had of the account. */
export interface SignIn {
  login: string;
  password: string;
  refreshToken?: string | undefined;
}

/** The stored hash that a password matched; `admit` compares it again. */
export interface Proof {
  userId: Id;
  passwordHash: string;
}

/**
 * Accounts: who may sign in, until they close theirs. Passwords are hashed and compared outside transactions, which must be
 * short; what a password permits compares its stored hash again under the account's lock.
 */
@Injectable()
export class Accounts {
  constructor(
    private readonly rows: UserRows,
    private readonly registrations: RegistrationRows,
    private readonly passwords: Passwords,
    private readonly sessions: Sessions,
    private readonly audit: AccountRecord,
    private readonly work: UnitOfWork,
  ) {}

  /**
   * Null for an unknown login and for a wrong password; takes the same time for both. A refresh token of the account shows that its
   * device was used with it before; any other text changes nothing.
   *
   * @throws Problem 429 after several, 403 `approval_pending` for the right password of a sign-up that waits
   */
  async authenticate(given: SignIn, from: Origin): Promise<Proof | null> {
    const living = await this.byLogin(given.login);
    const waiting = living ? null : await this.waiting(given.login);
    const known = living ?? waiting;
    const token = parseRefreshToken(given.refreshToken ?? '');
    const attempt = { login: nameOf(given.login), userId: known?.id ?? null, token, from };
    const isSame = await this.passwords.verify(known?.password_hash ?? null, given.password, attempt);
    if (waiting && isSame) throw problem('approval_pending');
    return living && isSame ? { userId: living.id, passwordHash: living.password_hash } : null;
  }

  /** The person of a username, or to whom an address belongs; null when there is none, or the account is erased. */
  async byLogin(login: string): Promise<UserRow | null> {
    const name = nameOf(login);
    const user = name.includes('\u0000') ? null : await this.find(name);
    return user && mayReturn(user) ? user : null;
  }

  /** The hash of a new password of a person who is known already. @throws Problem 422 `password_too_weak`; 503 `busy` */
  hashFor(user: UserRow, password: string): Promise<string> {
    return this.passwords.hash(password, ownerOf(user), true);
  }

  /** Replaces the password of a locked account, and ends all its sessions. */
  async replacePassword(tx: Tx, userId: Id, password_hash: string, from: Origin): Promise<void> {
    await this.rows.change(tx, userId, { password_hash });
    await this.audit.record(tx, 'password.reset', userId, from);
    await this.sessions.endIn(tx, userId, {});
  }

  /**
   * The person whom a proof admits. Their account stays locked until the transaction ends: a change of password waits for the
   * session that begins in it, and then ends that session, too. Until it is erased, a closed account admits its owner.
   *
   * @throws Problem 401 `bad_credentials` without a proof, and when the password was changed or the account closed since
   */
  async admit(tx: Tx, proof: Proof | null): Promise<UserRow> {
    const user = proof && (await this.rows.lock(tx, proof.userId));
    if (!user || user.password_hash !== proof.passwordHash) throw problem('bad_credentials');
    return user;
  }

  /** Ends all other sessions. A wrong `current` is refused whatever `next` is, also when `next` is the password already. */
  async changePassword(
    caller: Caller,
    given: { current: string; next: string },
    from: Origin,
  ): Promise<void> {
    const { userId, sessionId } = caller;
    const proven = await this.proven(caller, given.current, from);
    if (proven === null) throw problem('password_wrong');
    const password_hash = await this.hashFor(proven, given.next);
    await this.work.run(async (tx) => {
      const user = await this.rows.lock(tx, userId);
      await this.sessions.mustLive(tx, caller);
      if (user?.password_hash !== proven.password_hash) throw problem('password_wrong');
      await this.rows.change(tx, userId, { password_hash });
      await this.audit.record(tx, 'password.changed', userId, from);
      await this.sessions.endIn(tx, userId, { except: sessionId });
    });
  }

  /** Whoever signed up by a username, and waits for an admin. */
  private async waiting(login: string): Promise<RegistrationRow | null> {
    const name = nameOf(login);
    // An address belongs to nobody who waits.
    if (name.includes('@') || name.includes('\u0000')) return null;
    return this.work.run((tx) => this.registrations.named(tx, name));
  }

  /** The person, if this is their password. @throws Problem 401 `session_ended` */
  async proven(caller: Caller, password: string, from: Origin): Promise<UserRow | null> {
    // In a transaction, as in `find`.
    const user = await this.work.run(async (tx) => {
      await this.sessions.mustLive(tx, caller);
      return this.rows.find(caller.userId, tx);
    });
    const isSame = await this.passwords.verify(user?.password_hash ?? null, password, { ...caller, from });
    return isSame ? user : null;
  }

  /** Read in a transaction, which a replica refuses: a replica that lags must not make a login unknown or a password wrong. */
  private async find(name: string): Promise<UserRow | null> {
    return this.work.run(async (tx) => {
      const userId = await this.rows.idOf(name.includes('@') ? 'email' : 'username', name, tx);
      return userId === null ? null : this.rows.find(userId, tx);
    });
  }
}

/** A login as names are stored. */
export function nameOf(login: string): string {
  const name = login.trim();
  return name.includes('@') ? canonicalEmail(name) : fold(name);
}

const ownerOf = ({ username, email, display_name: displayName }: UserRow): PasswordOwner => ({
  username,
  email,
  displayName,
});
