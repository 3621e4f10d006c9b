import { Injectable } from '@nestjs/common';
import { limits } from '@app/platform';
import type { RegistrationRow, Tx, UserRow } from '@app/storage';
import { Letters } from './letters.js';

const { triedFor: seconds } = limits.mail;

/** What those who waited for an admin are told, at an address that they have not verified. */
@Injectable()
export class RegistrationMails {
  constructor(private readonly letters: Letters) {}

  async approved(tx: Tx, user: UserRow): Promise<void> {
    await this.letters.toNamed(tx, user, { kind: 'approved', address: user.email, seconds });
    await this.letters.toVerify(tx, user, user.email);
  }

  async refused(tx: Tx, waiting: RegistrationRow, note: string | null): Promise<void> {
    await this.letters.toNamed(tx, waiting, { kind: 'refused', address: waiting.email, seconds, note });
  }

  async undecided(tx: Tx, waiting: RegistrationRow): Promise<void> {
    await this.letters.toNamed(tx, waiting, { kind: 'undecided', address: waiting.email, seconds });
  }
}
