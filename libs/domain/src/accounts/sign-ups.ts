import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, counter, problem, type Config } from '@app/platform';
import { UserRows, type Tx, type UserRow } from '@app/storage';
import { Passwords } from './passwords.js';

/** What a person gives to sign up. */
export interface SignUp {
  username: string;
  email: string;
  password: string;
  displayName?: string | null;
}

/** New accounts. */
@Injectable()
export class SignUps {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly rows: UserRows,
    private readonly passwords: Passwords,
  ) {}

  /** Hashes before the transaction, which must be short; `create` then only writes. */
  async prepare(input: SignUp): Promise<{ input: SignUp; passwordHash: string }> {
    if (this.config.REGISTRATIONS === 'closed') throw problem('registrations_closed');
    return { input, passwordHash: await this.passwords.hash(input.password) };
  }

  /** @throws Problem 409 `username_taken` or `email_taken` */
  async create(tx: Tx, { input, passwordHash }: { input: SignUp; passwordHash: string }): Promise<UserRow> {
    const { username, email } = input;
    const user = await this.rows.insert(tx, {
      username,
      email,
      passwordHash,
      displayName: input.displayName ?? '',
    });
    if (!(await this.rows.claim(tx, 'username', username, user.id))) throw problem('username_taken');
    if (!(await this.rows.claim(tx, 'email', email, user.id))) throw problem('email_taken');
    tx.afterCommit(() => counter('narwhal_signups_total').inc());
    return user;
  }
}
