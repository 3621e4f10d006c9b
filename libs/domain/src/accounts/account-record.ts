import { Injectable } from '@nestjs/common';
import { limits, type Id, type MailKind } from '@app/platform';
import {
  AuditRows,
  EmailRows,
  MailRows,
  SessionRows,
  UserRows,
  type AuditKind,
  type Origin,
  type Tx,
} from '@app/storage';
import { Letters } from './letters.js';

/** A thief who changes a lot does not fill the mailbox. */
const often = { most: 3, seconds: 60 * 60 };

/** A reset is told by the mail that permits it, a new address by the one that takes it back. */
const mailed: Partial<Record<AuditKind, MailKind>> = {
  'password.changed': 'credentials_changed',
  'factor.added': 'credentials_changed',
  'factor.removed': 'credentials_changed',
  'factors.removed': 'credentials_changed',
  'identity.added': 'credentials_changed',
  'identity.removed': 'credentials_changed',
  'recovery_codes.made': 'credentials_changed',
  'recovery_code.used': 'credentials_changed',
  'email.reverted': 'credentials_changed',
};

/** Records what happens to an account, and mails its owner what a thief would do, in the same transaction. */
@Injectable()
export class AccountRecord {
  constructor(
    private readonly audit: AuditRows,
    private readonly users: UserRows,
    private readonly sessions: SessionRows,
    private readonly emails: EmailRows,
    private readonly mails: MailRows,
    private readonly letters: Letters,
  ) {}

  async record(tx: Tx, kind: AuditKind, userId: Id, from: Origin, params: object = {}): Promise<void> {
    const isNew = kind === 'session.began' && !(await this.sessions.knows(userId, from, null, tx)).byClient;
    await this.audit.record(tx, kind, userId, from, { ...params });
    const letter = isNew ? 'new_device' : mailed[kind];
    if (letter !== undefined) await this.tell(tx, userId, letter);
  }

  /** Mails the owner; `seconds`: for how long it is of use. Addresses that nobody has verified may be anybody's. */
  async tell(tx: Tx, userId: Id, kind: MailKind, seconds: number = limits.mail.triedFor): Promise<void> {
    const user = await this.users.find(userId, tx);
    if (!user || !(await this.emails.standing(user, tx)).verified) return;
    if ((await this.mails.pause(tx, userId, kind, often)) > 0) return;
    await this.letters.toOwner(tx, user, { kind, address: user.email, seconds });
  }
}
