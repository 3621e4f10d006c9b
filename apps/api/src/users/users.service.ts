import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, counter, isId, problem, type Config, type Id } from '@app/platform';
import { Counts } from '@app/feed';
import { UserRows, Visibility, type ProfileChange, type Relation, type Tx, type UserRow } from '@app/storage';
import { Passwords } from '../sessions/passwords.js';
import { UserView } from './user-view.js';
import type { Me, ProfileInput, SignUp, User } from './users.schemas.js';

@Injectable()
export class UsersService {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly rows: UserRows,
    private readonly passwords: Passwords,
    private readonly visibility: Visibility,
    private readonly view: UserView,
    private readonly counts: Counts,
  ) {}

  /** After a change of a profile: the next read shows it. Never fails: an outbox row does it again. */
  async refreshCaches(userId: Id): Promise<void> {
    await this.counts.forget('user', [userId]).catch(() => undefined);
  }

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

  async me(userId: Id): Promise<Me> {
    const row = await this.rows.find(userId);
    if (!row || row.closed_at !== null) throw problem('session_ended');
    return this.view.me(row);
  }

  /** A person as the viewer may see them, with how they stand to each other. @throws Problem 404 */
  async visible(userId: Id, viewer: Id | null): Promise<{ row: UserRow; relation: Relation }> {
    const row = isId(userId) ? await this.rows.find(userId) : null;
    if (!row) throw problem('not_found');
    const relation = await this.visibility.relation(viewer, row.id);
    if (!this.visibility.maySeeProfile(row, relation)) throw problem('not_found');
    return { row, relation };
  }

  async show(userId: Id, viewer: Id | null): Promise<User> {
    const { row } = await this.visible(userId, viewer);
    const [user] = await this.view.users([row], viewer);
    return user as User;
  }

  async showByUsername(username: string, viewer: Id | null): Promise<User> {
    const name = username.normalize('NFKC').toLowerCase();
    const userId = /^[a-z0-9_.]{1,30}$/.test(name) ? await this.rows.idOf('username', name) : null;
    if (userId === null) throw problem('not_found');
    return this.show(userId, viewer);
  }

  /** @throws Problem 409 `username_taken` */
  async change(tx: Tx, userId: Id, input: ProfileInput): Promise<void> {
    const before = await this.rows.lock(tx, userId);
    if (!before || before.closed_at !== null) throw problem('session_ended');
    const { username } = input;
    if (username !== undefined && username !== before.username) {
      if (!(await this.rows.claim(tx, 'username', username, userId))) throw problem('username_taken');
      await this.rows.release(tx, 'username', before.username, userId);
    }
    await this.rows.change(tx, userId, changeOf(input));
    await tx.effect('user.changed', userId);
  }
}

function changeOf(input: ProfileInput): ProfileChange {
  return {
    ...(input.displayName === undefined ? {} : { display_name: input.displayName ?? '' }),
    ...(input.bio === undefined ? {} : { bio: input.bio ?? '' }),
    ...(input.website === undefined ? {} : { website: input.website }),
    ...(input.private === undefined ? {} : { private: input.private }),
    ...(input.username === undefined ? {} : { username: input.username }),
  };
}
