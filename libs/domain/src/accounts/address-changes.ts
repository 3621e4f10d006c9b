import { Injectable } from '@nestjs/common';
import { limits } from '@app/platform';
import { AuditRows, EmailRows, FactorRows, UserRows, type Origin, type Tx, type UserRow } from '@app/storage';
import { Letters } from './letters.js';
import { unusableHash } from './passwords.js';

/** Gives addresses to people who proved to read them; of a locked account. */
@Injectable()
export class AddressChanges {
  constructor(
    private readonly users: UserRows,
    private readonly emails: EmailRows,
    private readonly factors: FactorRows,
    private readonly letters: Letters,
    private readonly audit: AuditRows,
  ) {}

  /**
   * Makes an address theirs, in place of another, whose mailbox gets a link that takes the change back if it was theirs.
   *
   * @returns false when somebody else verified it before; the transaction then has to be rolled back
   */
  async take(tx: Tx, user: UserRow, address: string, from: Origin): Promise<boolean> {
    if (!(await this.emails.verify(tx, address, user.id))) return false;
    if (address === user.email) {
      await this.audit.record(tx, 'email.verified', user.id, from);
      return true;
    }
    const wasTheirs = await this.users.releaseEmail(tx, user.email, user.id);
    const changed = await this.users.change(tx, user.id, { email: address });
    await this.audit.record(tx, 'email.changed', user.id, from);
    if (!wasTheirs) return true;
    const seconds = limits.verification.reversalFor;
    await this.letters.toOwner(tx, changed, { kind: 'reversal', address: user.email, seconds });
    return true;
  }

  /**
   * Gives an earlier address back, with a password that nobody has, and a mail to it that replaces that. Second factors that are
   * newer than `trusted` go: they may be a thief's. Returns false as `take` does.
   */
  async giveBack(
    tx: Tx,
    user: UserRow,
    { address, trusted }: { address: string; trusted: Date },
    from: Origin,
  ): Promise<boolean> {
    if (!(await this.emails.verify(tx, address, user.id))) return false;
    if (address !== user.email) await this.users.releaseEmail(tx, user.email, user.id);
    const back = await this.users.change(tx, user.id, { email: address, password_hash: unusableHash() });
    await this.audit.record(tx, 'email.reverted', user.id, from);
    await this.factors.removeSince(tx, user.id, trusted);
    await this.letters.toOwner(tx, back, { kind: 'reset', address, seconds: limits.passwordReset.validFor });
    return true;
  }
}
