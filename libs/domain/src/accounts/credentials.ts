import { Injectable } from '@nestjs/common';
import { fold, problem, type Id } from '@app/platform';
import { Database, UserRows, type Queryable, type UserRow } from '@app/storage';
import { Passwords } from './passwords.js';

/** Authenticates people by their password. */
@Injectable()
export class Credentials {
  constructor(
    private readonly rows: UserRows,
    private readonly passwords: Passwords,
    private readonly database: Database,
  ) {}

  /** Takes the same time for an unknown login as for a wrong password. @throws Problem 401 `bad_credentials` for both */
  async authenticate(login: string, password: string): Promise<UserRow> {
    const user = login.includes('\u0000') ? null : await this.find(login.trim());
    const living = user && user.closed_at === null ? user : null;
    const same = await this.passwords.verify(living?.password_hash ?? null, password);
    if (!living || !same) throw problem('bad_credentials');
    return living;
  }

  /** Uses a transaction, which a replica refuses, so that replication lag never makes a login unknown. */
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
   * Returns the stored hash that this password matches, or null. The operation that it permits compares the hash again under the
   * account's lock. The read is in a transaction, which a replica refuses: a lagging replica must not make a password wrong.
   */
  async proven(userId: Id, password: string): Promise<string | null> {
    const user = await this.database.transaction((tx) => this.rows.find(userId, tx));
    const hash = user?.password_hash ?? null;
    return (await this.passwords.verify(hash, password)) ? hash : null;
  }

  /** The stored hash of a new password. */
  hash(password: string): Promise<string> {
    return this.passwords.hash(password);
  }
}
