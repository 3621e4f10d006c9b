import { Injectable } from '@nestjs/common';
import { problem, type Id } from '@app/platform';
import { lockAccount, UnitOfWork, UserRows } from '@app/storage';
import type { Caller } from '../http/call.js';
import { Credentials } from '@app/domain';
import { SessionsService } from '../sessions/sessions.service.js';
import type { Me, ProfileInput } from '../users/users.schemas.js';
import { UsersService } from '../users/users.service.js';
import { ProfileService } from './profile.service.js';

/** Operations on the caller's own account. */
@Injectable()
export class MeService {
  constructor(
    private readonly users: UsersService,
    private readonly sessions: SessionsService,
    private readonly credentials: Credentials,
    private readonly profiles: ProfileService,
    private readonly rows: UserRows,
    private readonly work: UnitOfWork,
  ) {}

  async show(userId: Id): Promise<Me> {
    return this.users.me(userId);
  }

  async change(userId: Id, input: ProfileInput): Promise<Me> {
    await this.work.run((tx) => this.profiles.change(tx, userId, input));
    return this.users.me(userId);
  }

  /** Ends all other sessions. On a repeated change the next password is already the current one: that counts as done. */
  async changePassword(caller: Caller, { current, next }: { current: string; next: string }): Promise<void> {
    const proven = await this.credentials.proven(caller.userId, current);
    if (proven === null) {
      if ((await this.credentials.proven(caller.userId, next)) !== null) return;
      throw problem('password_wrong');
    }
    const password_hash = await this.credentials.hash(next);
    await this.work.run(async (tx) => {
      const user = await this.rows.lock(tx, caller.userId);
      if (user?.password_hash !== proven) throw problem('password_wrong');
      await this.rows.change(tx, caller.userId, { password_hash });
      await this.sessions.endIn(tx, caller.userId, { except: caller.sessionId });
    });
  }

  /** Closes the account at once: nobody sees it or signs in. The worker deletes its data. */
  async close(userId: Id, password: string): Promise<void> {
    const proven = await this.credentials.proven(userId, password);
    if (proven === null) throw problem('password_wrong');
    await this.work.run(async (tx) => {
      await lockAccount(tx, userId);
      const user = await this.rows.lock(tx, userId);
      if (!user || user.closed_at !== null) throw problem('session_ended');
      if (user.password_hash !== proven) throw problem('password_wrong');
      await this.rows.release(tx, 'username', user.username, userId);
      await this.rows.release(tx, 'email', user.email, userId);
      await this.rows.close(tx, userId);
      await this.sessions.endIn(tx, userId, {});
      await tx.effect('user.changed', userId);
      await tx.effect('user.erase', userId);
    });
  }
}
