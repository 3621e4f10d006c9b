import { Injectable } from '@nestjs/common';
import { fold, problem, type Id } from '@app/platform';
import { Database, UserRows, type Queryable, type UserRow } from '@app/storage';
import { Passwords } from './passwords.js';

/** Who somebody is, by what they know. */
@Injectable()
export class Credentials {
  constructor(
    private readonly rows: UserRows,
    private readonly passwords: Passwords,
    private readonly database: Database,
  ) {}

  /** @throws Problem 401 `bad_credentials`, for an unknown login as for a wrong password, after the same time */
  async authenticate(login: string, password: string): Promise<UserRow> {
    const user = login.includes('\u0000') ? null : await this.find(login.trim());
    const living = user && user.closed_at === null ? user : null;
    const same = await this.passwords.verify(living?.password_hash ?? null, password);
    if (!living || !same) throw problem('bad_credentials');
    return living;
  }

  /** In a transaction, which a replica refuses: nobody is unknown because it lags. */
  private find(login: string): Promise<UserRow | null> {
    return this.database.transaction(async (tx) => {
      const userId = await this.idOf(login, tx);
      return userId === null ? null : this.rows.find(userId, tx);
    });
  }

  private async idOf(login: string, tx: Queryable): Promise<Id | null> {
    if (login.includes('@')) return this.rows.idOf('email', login.normalize('NFC').toLowerCase(), tx);
    return this.rows.idOf('username', fold(login), tx);
  }

  /**
   * The stored hash that this password is right for, else null. What is done on the strength of it compares the hash again under the
   * account's lock. Read in a transaction, which a replica refuses: a password is not wrong because it lags.
   */
  async proven(userId: Id, password: string): Promise<string | null> {
    const user = await this.database.transaction((tx) => this.rows.find(userId, tx));
    const hash = user?.password_hash ?? null;
    return (await this.passwords.verify(hash, password)) ? hash : null;
  }

  /** What is kept of a new password. */
  hash(password: string): Promise<string> {
    return this.passwords.hash(password);
  }
}
