import { Injectable } from '@nestjs/common';
import { limits, type Id, type MailKind } from '@app/platform';
import { EmailRows, mailboxOf, MailRows, type Tx, type UserRow } from '@app/storage';

/** A mail to a person: its kind, where it goes, and for how many seconds it is of use. */
export interface Letter {
  kind: MailKind;
  address: string;
  seconds: number;
  /** The language of whoever asked, for people who have not said theirs. */
  locale?: string;
  /** What an admin says in it. */
  note?: string | null;
}

/** Whom it concerns: a person, or somebody who waits to be one. */
export type Receiver = Pick<UserRow, 'id' | 'email' | 'password_hash' | 'locale'>;

/**
 * Writes the rows of mails to people, which the worker sends. Anybody can name an address that is not theirs, so mails to those are
 * counted by address, whichever accounts cause them, and few.
 */
@Injectable()
export class Letters {
  constructor(
    private readonly emails: EmailRows,
    private readonly mails: MailRows,
  ) {}

  /**
   * To an address that need not belong to this person, or to anybody. Beyond its day's limit, or this account's share of it, the row
   * is that of a mail that was sent. The caller holds the account's lock, or has just made it.
   */
  async toNamed(tx: Tx, user: Receiver, letter: Letter): Promise<void> {
    const { perAddress, perAddressAndAccount } = limits.verification;
    const mailbox = mailboxOf(letter.address);
    const earlier = (await this.mails.addressesOfToday(tx, user.id)).filter(
      (to) => mailboxOf(to) === mailbox,
    );
    const isCounted =
      earlier.length < perAddressAndAccount && (await this.emails.countMail(tx, letter.address, perAddress));
    const mail = await this.toOwner(tx, user, letter);
    if (!isCounted) await this.mails.withhold(tx, mail);
  }

  /** The mail that verifies an address. */
  toVerify(tx: Tx, user: Receiver, address: string): Promise<void> {
    return this.toNamed(tx, user, { kind: 'verify', address, seconds: limits.verification.validFor });
  }

  /** To an address that belongs to this person, or did until this transaction. */
  async toOwner(tx: Tx, user: Receiver, { locale = 'en', ...letter }: Letter): Promise<Id> {
    const mail: Id = await this.mails.insert(tx, user, { ...letter, locale: user.locale ?? locale });
    await tx.effect('mail.send', mail);
    return mail;
  }
}
