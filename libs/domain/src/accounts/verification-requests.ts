import { Injectable } from '@nestjs/common';
import { limits, problem, tooMany, type Id } from '@app/platform';
import {
  EmailRows,
  MailRows,
  UnitOfWork,
  UserRows,
  type AddressedMail,
  type Tx,
  type UserRow,
} from '@app/storage';
import type { Caller } from './access-tokens.js';
import { Letters, type Receiver } from './letters.js';
import { Proofs } from './proofs.js';

const kind = 'verify';
const { perDay } = limits.verification;
const DAY = 24 * 60 * 60;

/**
 * Requests for a mail that verifies an address. They are answered alike, and cost the same, whether or not the address belongs to
 * somebody: the worker looks at that later.
 */
@Injectable()
export class VerificationRequests {
  constructor(
    private readonly users: UserRows,
    private readonly emails: EmailRows,
    private readonly mails: MailRows,
    private readonly letters: Letters,
    private readonly proofs: Proofs,
    private readonly work: UnitOfWork,
  ) {}

  /** Of a new account, for the address that it names. */
  async first(tx: Tx, user: Receiver): Promise<void> {
    await this.letters.toVerify(tx, user, user.email);
  }

  /** Once more, to the address that waits for it. @throws Problem 429 beyond the account's limit */
  async again({ userId }: Caller): Promise<void> {
    await this.work.run(async (tx) => {
      const user = await this.users.lock(tx, userId);
      if (!user || user.closed_at !== null) throw problem('session_ended');
      const { verified, pending } = await this.emails.standing(user, tx);
      if (verified && pending === null) return;
      await this.write(tx, user, pending ?? user.email);
    });
  }

  /**
   * Asks for another address, which replaces the present one once it is verified.
   *
   * @throws Problem 403 `proof_required`; 429 beyond the account's limit
   */
  async change(caller: Caller, address: string, proof: string | null): Promise<void> {
    await this.work.run(async (tx) => {
      const user = await this.proofs.mustHold(tx, caller, proof, { mailed: false });
      const { verified } = await this.emails.standing(user, tx);
      // A typo is mended by this: whoever reads the address that was named before confirms it no more.
      await this.mails.withdraw(tx, user.id, kind);
      if (address !== user.email || !verified) await this.write(tx, user, address);
    });
  }

  private async write(tx: Tx, user: UserRow, address: string): Promise<void> {
    const pause = await this.mails.pause(tx, user.id, kind, { most: perDay, seconds: DAY });
    if (pause > 0) throw tooMany(pause);
    await this.letters.toVerify(tx, user, address);
  }

  /**
   * For the worker: whether a mail is to be sent. One to an address that somebody else verified is not, and they are told. Its row
   * stays as that of a mail that was sent, so that nothing that its account can see tells the difference.
   */
  async isWanted({ id, user_id: userId, address }: AddressedMail): Promise<boolean> {
    if (address === null) return false;
    return this.work.run(async (tx) => {
      const owner = await this.emails.ownerOf(address, tx);
      if (!owner?.verified_at) return true;
      await this.mails.sent(id, tx);
      if (owner.user_id !== userId) await this.tell(tx, owner.user_id, address);
      return false;
    });
  }

  private async tell(tx: Tx, ownerId: Id, address: string): Promise<void> {
    const owner = await this.users.lock(tx, ownerId);
    if (!owner || owner.email !== address) return;
    if ((await this.mails.pause(tx, ownerId, 'address_in_use', { most: 1, seconds: DAY })) > 0) return;
    await this.letters.toOwner(tx, owner, { kind: 'address_in_use', address, seconds: DAY });
  }
}
