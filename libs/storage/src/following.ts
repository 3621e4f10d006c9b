import { Injectable } from '@nestjs/common';
import { limits, type Id } from '@app/platform';
import { lockPair } from './relation-locks.js';
import { FollowRows, type FollowEnd } from './repositories/follows.js';
import { UserRows } from './repositories/users.js';
import type { Tx } from './unit-of-work.js';
import { Visibility } from './visibility.js';

/** `hidden`: the other is not there for this person; `full`: this person follows as many as they may. */
export type FollowOutcome = 'done' | 'hidden' | 'full';

/**
 * How follows begin and end: both ends' rows, both counts, and the follower's feed. Everything is judged under the pair's lock. A step that
 * is repeated makes both ends equal, whatever it finds: each end's count moves with that end's row.
 */
@Injectable()
export class Following {
  constructor(
    private readonly follows: FollowRows,
    private readonly users: UserRows,
    private readonly visibility: Visibility,
  ) {}

  /** Follows, or asks to when the other is private. */
  async begin(tx: Tx, follower: Id, followee: Id): Promise<FollowOutcome> {
    // Sent together: each is answered as of after the lock.
    const [, self, target, relation] = await Promise.all([
      lockPair(tx, follower, followee),
      this.users.find(follower, tx),
      this.users.find(followee, tx),
      this.visibility.relation(follower, followee, tx),
    ]);
    if (!self || self.closed_at !== null) return 'hidden';
    if (!target || !this.visibility.mayMeet(target, relation)) return 'hidden';
    const isNew = !relation.following && !relation.requested;
    if (isNew && self.following_count >= limits.follow.following) return 'full';
    await this.set(tx, follower, followee, relation.following || !target.private ? 'accepted' : 'requested');
    return 'done';
  }

  /** Ends a follow or takes a request back. */
  async end(tx: Tx, follower: Id, followee: Id): Promise<void> {
    await lockPair(tx, follower, followee);
    await this.set(tx, follower, followee, null);
  }

  /** Lets a request in, or finds that it was let in before; false when there is none (any more). */
  async accept(tx: Tx, follower: Id, followee: Id): Promise<boolean> {
    await lockPair(tx, follower, followee);
    return (await this.set(tx, follower, followee, (found) => found && 'accepted')) !== null;
  }

  /** Turns a request down; one that was let in meanwhile stays. */
  async reject(tx: Tx, follower: Id, followee: Id): Promise<void> {
    await lockPair(tx, follower, followee);
    await this.set(tx, follower, followee, (found) => (found === 'accepted' ? 'accepted' : null));
  }

  /** Lets up to `limit` requests in and answers whose they were. The followee's account is locked by the caller, so no pair has to be. */
  async acceptMany(tx: Tx, followee: Id, limit: number): Promise<Id[]> {
    const requesters = await this.follows.requesters(tx, followee, limit);
    // A request of which the follower's end is missing is none.
    for (const requester of requesters)
      await this.set(tx, requester, followee, (found) => found && 'accepted');
    return requesters;
  }

  /** Makes both ends say `wanted`, which may hang on what the follower's end says now; answers what they say then. */
  private async set(
    tx: Tx,
    follower: Id,
    followee: Id,
    wanted: FollowEnd | ((found: FollowEnd) => FollowEnd),
  ): Promise<FollowEnd> {
    const [mine, theirs] = await this.follows.ends(tx, follower, followee);
    const end = typeof wanted === 'function' ? wanted(mine) : wanted;
    await Promise.all([
      mine === end ? undefined : this.follows.write(tx, 'follow', [follower, followee], end),
      theirs === end ? undefined : this.follows.write(tx, 'follower', [followee, follower], end),
    ]);
    const delta = (found: FollowEnd) => Number(end === 'accepted') - Number(found === 'accepted');
    if (delta(mine) !== 0) await tx.count('user.following', follower, delta(mine));
    if (delta(theirs) !== 0) await tx.count('user.followers', followee, delta(theirs));
    if (delta(mine) !== 0) await tx.effect('relations.changed', follower);
    const asked = [mine, theirs].some((found) => (found === 'requested') !== (end === 'requested'));
    if (asked) await tx.effect('notify.requests', followee);
    if (mine === 'requested' && end === 'accepted') await tx.effectOn('notify.accepted', follower, followee);
    if (mine === 'accepted' && end === null) await tx.effectOn('notify.ended', follower, followee);
    return end;
  }
}
