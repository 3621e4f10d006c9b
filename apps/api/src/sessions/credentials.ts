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

  /** Checks the password again before an irreversible operation. @throws Problem 403 `bad_credentials` */
  async confirm(userId: Id, password: string): Promise<void> {
    if (!(await this.matches(userId, password))) throw problem('password_wrong');
  }

  async matches(userId: Id, password: string): Promise<boolean> {
    const user = await this.rows.find(userId);
    return this.passwords.verify(user?.password_hash ?? null, password);
  }

  /** The stored hash of a new password. */
  hash(password: string): Promise<string> {
    return this.passwords.hash(password);
  }
}
