import { Injectable } from '@nestjs/common';
import type { Id } from '@app/platform';
import { FollowRows } from './repositories/follows.js';
import type { Tx } from './unit-of-work.js';

/** How follows begin and end: both ends' rows, both counts, and the follower's feed. */
@Injectable()
export class Following {
  constructor(private readonly follows: FollowRows) {}

  /** Follows, or asks to. Nothing happens where there is a follow or a request already. */
  async begin(tx: Tx, follower: Id, followee: Id, accepted: boolean): Promise<void> {
    if (!(await this.follows.insert(tx, follower, followee, accepted))) return;
    if (accepted) await this.changed(tx, follower, followee, 1);
    else await tx.effect('notify.requests', followee);
  }

  /** Ends a follow or takes a request back; whether there was an accepted one. */
  async end(tx: Tx, follower: Id, followee: Id): Promise<boolean> {
    const ended = await this.follows.remove(tx, follower, followee);
    if (ended?.accepted === false) await tx.effect('notify.requests', followee);
    if (!ended?.accepted) return false;
    await this.changed(tx, follower, followee, -1);
    await tx.effectOn('notify.ended', follower, followee);
    return true;
  }

  /** Lets a request in; false when there is none (any more). */
  async accept(tx: Tx, follower: Id, followee: Id): Promise<boolean> {
    if (!(await this.follows.accept(tx, follower, followee))) return false;
    await this.changed(tx, follower, followee, 1);
    await tx.effect('notify.requests', followee);
    await tx.effectOn('notify.accepted', follower, followee);
    return true;
  }

  /** Lets up to `limit` requests in and answers whose they were. */
  async acceptMany(tx: Tx, followee: Id, limit: number): Promise<Id[]> {
    const requesters = await this.follows.requesters(tx, followee, limit);
    for (const requester of requesters) await this.accept(tx, requester, followee);
    return requesters;
  }

  private async changed(tx: Tx, follower: Id, followee: Id, delta: 1 | -1): Promise<void> {
    await tx.count('user.following', follower, delta);
    await tx.count('user.followers', followee, delta);
    await tx.effect('relations.changed', follower);
  }
}
