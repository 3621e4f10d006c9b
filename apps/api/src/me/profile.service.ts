import { Injectable } from '@nestjs/common';
import { problem, type Id } from '@app/platform';
import { Following } from '@app/domain';
import { lockAccount, UserRows, type ProfileChange, type Tx } from '@app/storage';
import type { ProfileInput } from '../users/users.schemas.js';

/** Requests that are accepted while their owner waits. */
const ACCEPTED_AT_ONCE = 200;

/** Changes a profile, and everything that depends on it. */
@Injectable()
export class ProfileService {
  constructor(
    private readonly rows: UserRows,
    private readonly following: Following,
  ) {}

  /** @throws Problem 409 `username_taken` */
  async change(tx: Tx, userId: Id, input: ProfileInput): Promise<void> {
    if (input.private !== undefined) await lockAccount(tx, userId);
    const before = await this.rows.lock(tx, userId);
    if (!before || before.closed_at !== null) throw problem('session_ended');
    const { username } = input;
    if (username !== undefined && username !== before.username) {
      if (!(await this.rows.claim(tx, 'username', username, userId))) throw problem('username_taken');
      await this.rows.release(tx, 'username', before.username, userId);
    }
    await this.rows.change(tx, userId, changeOf(input));
    if (before.private && input.private === false) await this.letRequestsIn(tx, userId);
    if ((input.private ?? before.private) !== before.private) {
      await tx.effect('privacy.changed', userId);
      await tx.effect('notify.privacy', userId);
    }
    await tx.effect('user.changed', userId);
  }

  /** Going public accepts all pending requests: the first ones now, the rest in the worker. */
  private async letRequestsIn(tx: Tx, userId: Id): Promise<void> {
    const accepted = await this.following.acceptMany(tx, userId, ACCEPTED_AT_ONCE);
    if (accepted.length === ACCEPTED_AT_ONCE) await tx.effect('requests.accept', userId);
  }
}

function changeOf(input: ProfileInput): ProfileChange {
  return {
    ...(input.displayName === undefined ? {} : { display_name: input.displayName ?? '' }),
    ...(input.bio === undefined ? {} : { bio: input.bio ?? '' }),
    ...(input.website === undefined ? {} : { website: input.website || null }),
    ...(input.private === undefined ? {} : { private: input.private }),
    ...(input.username === undefined ? {} : { username: input.username }),
  };
}
