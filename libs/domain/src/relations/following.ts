import { Injectable } from '@nestjs/common';
import { limits, type Id } from '@app/platform';
import { lockPair, FollowRows, type FollowEnd, type FollowEnds, UserRows, type Tx } from '@app/storage';
import { Visibility, type Relation } from '../visibility/visibility.js';

/** How the two relate now; `hidden`: this person cannot see the other; `full`: this person follows as many as they may. */
export type FollowOutcome = Relation | 'hidden' | 'full';

type Pair = readonly [follower: Id, followee: Id];

/**
 * Starts and ends follows: both ends' rows, both counts, and the follower's feed. Everything is checked under the pair's
 * lock. A repeated operation makes both ends equal, whatever it finds: each end's count changes with that end's row.
 */
@Injectable()
export class Following {
  constructor(
    private readonly follows: FollowRows,
    private readonly users: UserRows,
    private readonly visibility: Visibility,
  ) {}

  /** Follows, or requests to when the other is private. */
  async begin(tx: Tx, follower: Id, followee: Id): Promise<FollowOutcome> {
    // Sent together: each reads the state after the lock.
    const [, self, target, relation, theirs] = await Promise.all([
      lockPair(tx, follower, followee),
      this.users.find(follower, tx),
      this.users.find(followee, tx),
      this.visibility.relation(follower, followee, tx),
      this.follows.end(tx, 'follower', followee, follower),
    ]);
    if (!self || self.closed_at !== null) return 'hidden';
    if (!target || !this.visibility.mayMeet(target, relation)) return 'hidden';
    const mine = relation.following ? 'accepted' : relation.requested ? 'requested' : null;
    if (mine === null && self.following_count >= limits.follow.following) return 'full';
    const end = mine === 'accepted' || !target.private ? 'accepted' : 'requested';
    await this.set(tx, [follower, followee], [mine, theirs], end);
    return { ...relation, following: end === 'accepted', requested: end === 'requested' };
  }

  /** Ends a follow or withdraws a request. */
  async end(tx: Tx, follower: Id, followee: Id): Promise<void> {
    await this.set(tx, [follower, followee], await this.locked(tx, follower, followee), null);
  }

  /** Accepts a request, or finds it accepted before; false when there is none (any more). */
  async accept(tx: Tx, follower: Id, followee: Id): Promise<boolean> {
    const found = await this.locked(tx, follower, followee);
    await this.set(tx, [follower, followee], found, found[0] && 'accepted');
    return found[0] !== null;
  }

  /** Rejects a request; an accepted one stays. */
  async reject(tx: Tx, follower: Id, followee: Id): Promise<void> {
    const found = await this.locked(tx, follower, followee);
    await this.set(tx, [follower, followee], found, found[0] === 'accepted' ? 'accepted' : null);
  }

  /** Accepts up to `limit` requests and returns the requesters. The caller has locked the followee's account, so no pair needs a lock. */
  async acceptMany(tx: Tx, followee: Id, limit: number): Promise<Id[]> {
    const requesters = await this.follows.requesters(tx, followee, limit);
    for (const requester of requesters) {
      const found = await this.follows.ends(tx, requester, followee);
      // A request without the follower's end is none.
      await this.set(tx, [requester, followee], found, found[0] && 'accepted');
    }
    return requesters;
  }

  /** Reads both ends under the pair's lock. Sent together: the read sees the state after the lock. */
  private async locked(tx: Tx, follower: Id, followee: Id): Promise<FollowEnds> {
    const [, found] = await Promise.all([
      lockPair(tx, follower, followee),
      this.follows.ends(tx, follower, followee),
    ]);
    return found;
  }

  /** Changes both ends from what was found to `end`. The statements are sent together: none needs another's answer. */
  private async set(
    tx: Tx,
    [follower, followee]: Pair,
    [mine, theirs]: FollowEnds,
    end: FollowEnd,
  ): Promise<void> {
    const delta = (found: FollowEnd) => Number(end === 'accepted') - Number(found === 'accepted');
    const asked = [mine, theirs].some((found) => (found === 'requested') !== (end === 'requested'));
    await Promise.all([
      mine !== end && this.follows.write(tx, 'follow', [follower, followee], end),
      theirs !== end && this.follows.write(tx, 'follower', [followee, follower], end),
      delta(mine) !== 0 && tx.count('user.following', follower, delta(mine)),
      delta(theirs) !== 0 && tx.count('user.followers', followee, delta(theirs)),
      delta(mine) !== 0 && tx.effect('relations.changed', follower),
      asked && tx.effect('notify.requests', followee),
      mine === 'requested' && end === 'accepted' && tx.effectOn('notify.accepted', follower, followee),
      mine === 'accepted' && end === null && tx.effectOn('notify.ended', follower, followee),
    ]);
  }
}
