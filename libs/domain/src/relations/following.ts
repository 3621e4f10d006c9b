import { Injectable } from '@nestjs/common';
import { limits, type Id } from '@app/platform';
import { lockPair, FollowRows, type FollowEnd, type FollowEnds, UserRows, type Tx } from '@app/storage';
import { Visibility, type Relation } from '../visibility/visibility.js';

/** How the two stand now; `hidden`: the other is not there for this person; `full`: this person follows as many as they may. */
export type FollowOutcome = Relation | 'hidden' | 'full';

type Pair = readonly [follower: Id, followee: Id];

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

  /** Ends a follow or takes a request back. */
  async end(tx: Tx, follower: Id, followee: Id): Promise<void> {
    await this.set(tx, [follower, followee], await this.locked(tx, follower, followee), null);
  }

  /** Lets a request in, or finds that it was let in before; false when there is none (any more). */
  async accept(tx: Tx, follower: Id, followee: Id): Promise<boolean> {
    const found = await this.locked(tx, follower, followee);
    await this.set(tx, [follower, followee], found, found[0] && 'accepted');
    return found[0] !== null;
  }

  /** Turns a request down; one that was let in meanwhile stays. */
  async reject(tx: Tx, follower: Id, followee: Id): Promise<void> {
    const found = await this.locked(tx, follower, followee);
    await this.set(tx, [follower, followee], found, found[0] === 'accepted' ? 'accepted' : null);
  }

  /** Lets up to `limit` requests in and answers whose they were. The followee's account is locked by the caller, so no pair has to be. */
  async acceptMany(tx: Tx, followee: Id, limit: number): Promise<Id[]> {
    const requesters = await this.follows.requesters(tx, followee, limit);
    for (const requester of requesters) {
      const found = await this.follows.ends(tx, requester, followee);
      // A request of which the follower's end is missing is none.
      await this.set(tx, [requester, followee], found, found[0] && 'accepted');
    }
    return requesters;
  }

  /** What both ends say under the pair's lock. Sent together: they are answered as of after it. */
  private async locked(tx: Tx, follower: Id, followee: Id): Promise<FollowEnds> {
    const [, found] = await Promise.all([
      lockPair(tx, follower, followee),
      this.follows.ends(tx, follower, followee),
    ]);
    return found;
  }

  /** Makes both ends, which say what was `found`, say `end`. What that takes is sent together: nothing of it needs another's answer. */
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
