import { Injectable } from '@nestjs/common';
import { limits, type Id } from '@app/platform';
import {
  EmailRows,
  FactorRows,
  MailRows,
  nowhere,
  UserRows,
  type Origin,
  type Tx,
  type UserRow,
} from '@app/storage';
import { AccountRecord } from './account-record.js';
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
    private readonly mails: MailRows,
    private readonly record: AccountRecord,
  ) {}

  /**
   * Makes an address theirs, in place of another, whose mailbox gets a link that takes the change back if it was theirs.
   *
   * @returns false when somebody else verified it before; the transaction then has to be rolled back
   */
  async take(tx: Tx, user: UserRow, address: string, from: Origin): Promise<boolean> {
    const before = await this.emails.ownerOf(address, tx);
    if (!(await this.emails.verify(tx, address, user.id))) return false;
    await this.recordLoss(tx, before, user);
    if (address === user.email) {
      await this.record.record(tx, 'email.verified', user.id, from);
      return true;
    }
    const wasTheirs = await this.users.releaseEmail(tx, user.email, user.id);
    const changed = await this.users.change(tx, user.id, { email: address });
    await this.record.record(tx, 'email.changed', user.id, from);
    if (wasTheirs) await this.letWayBack(tx, changed, user.email);
    return true;
  }

  /**
   * Whoever had the address until now is told in their account alone: a mail to it would be read by its new owner. From where
   * that one came is none of their business.
   */
  private async recordLoss(tx: Tx, before: { user_id: Id } | null, { id }: UserRow): Promise<void> {
    if (before === null || before.user_id === id) return;
    await this.record.record(tx, 'email.lost', before.user_id, nowhere, { actorId: null });
  }

  /**
   * A link for the released mailbox, unless an earlier change can still be taken back: whoever took an account, and was given it up
   * again, must not take it back by the address that they had put there.
   */
  private async letWayBack(tx: Tx, changed: UserRow, released: string): Promise<void> {
    const open = await this.mails.oldestOpen(tx, changed.id, 'reversal');
    if (open?.address === changed.email) await this.mails.useWithLater(tx, open);
    if (open) return;
    const seconds = limits.verification.reversalFor;
    await this.letters.toOwner(tx, changed, { kind: 'reversal', address: released, seconds });
  }

  /**
   * Gives an earlier address back, with a password that nobody has, and a mail to it that replaces that. Second factors and
   * identities that are newer than `trusted` go: they may be a thief's. Whoever verified the address meanwhile loses it to the reader of its mailbox.
   */
  async giveBack(
    tx: Tx,
    user: UserRow,
    { address, trusted }: { address: string; trusted: Date },
    from: Origin,
  ): Promise<void> {
    // Told to the address that is taken away, which may be the owner's.
    await this.record.record(tx, 'email.reverted', user.id, from);
    const before = await this.emails.ownerOf(address, tx);
    await this.emails.takeBack(tx, address, user.id);
    await this.recordLoss(tx, before, user);
    if (address !== user.email) await this.users.releaseEmail(tx, user.email, user.id);
    const back = await this.users.change(tx, user.id, { email: address, password_hash: unusableHash() });
    await this.factors.removeSince(tx, user.id, trusted);
    await this.letters.toOwner(tx, back, { kind: 'reset', address, seconds: limits.passwordReset.validFor });
  }
}
