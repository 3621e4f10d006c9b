import { Injectable } from '@nestjs/common';
import { limits, problem, type Id } from '@app/platform';
import {
  BlockRows,
  ErasureRows,
  FollowRows,
  lockAccount,
  lockPair,
  UnitOfWork,
  UserRows,
  type FollowEnd,
  type FollowEnds,
  type Tx,
  type UserRow,
} from '@app/storage';
import { Visibility, type Relation } from '../visibility/visibility.js';
import { hideOrShow } from './hidden-by-block.js';

/** Rows of one statement of the worker. */
const BATCH = 500;

type Pair = readonly [follower: Id, followee: Id];

/**
 * Follows, requests, blocks and mutes. Each is checked and changed under the pair's lock, with both ends' rows, both counts
 * and the later effects. A repeated operation makes both ends equal, whatever it finds: each end's count changes with that
 * end's row. Each answers with how the first person relates to the other now.
 */
@Injectable()
export class Relations {
  constructor(
    private readonly follows: FollowRows,
    private readonly blocks: BlockRows,
    private readonly users: UserRows,
    private readonly erasure: ErasureRows,
    private readonly visibility: Visibility,
    private readonly work: UnitOfWork,
  ) {}

  /** Follows, or requests to when the other is private. */
  async follow(follower: Id, followee: Id): Promise<Relation> {
    if (follower === followee) throw problem('self_not_allowed');
    return this.work.run(async (tx) => {
      // Sent together: each reads the state after the lock.
      const [, self, target, relation, theirs] = await Promise.all([
        lockPair(tx, follower, followee),
        this.users.find(follower, tx),
        this.users.find(followee, tx),
        this.visibility.relation(follower, followee, tx),
        this.follows.end(tx, 'follower', followee, follower),
      ]);
      if (!self || self.closed_at !== null) throw problem('not_found');
      if (!target || !this.visibility.mayMeet(target, relation)) throw problem('not_found');
      const mine = relation.following ? 'accepted' : relation.requested ? 'requested' : null;
      const limit = limits.follow.following;
      if (mine === null && self.following_count >= limit)
        throw problem('follow_limit', { params: { limit } });
      const end = mine === 'accepted' || !target.private ? 'accepted' : 'requested';
      await this.set(tx, [follower, followee], [mine, theirs], end);
      return { ...relation, following: end === 'accepted', requested: end === 'requested' };
    });
  }

  /** Ends a follow or withdraws a request, also of people whom the caller can no longer see. */
  async unfollow(follower: Id, followee: Id): Promise<Relation> {
    await this.work.run((tx) => this.change(tx, [follower, followee], () => null));
    return this.visibility.relation(follower, followee);
  }

  /** Accepts a request, or finds it accepted before. @throws Problem 404 when there is none (any more) */
  async accept(followee: Id, follower: Id): Promise<Relation> {
    const found = await this.work.run((tx) =>
      this.change(tx, [follower, followee], (mine) => mine && 'accepted'),
    );
    if (found === null) throw problem('not_found');
    return this.visibility.relation(followee, follower);
  }

  /** Rejects a request. A follow that was accepted meanwhile stays. */
  async reject(followee: Id, follower: Id): Promise<Relation> {
    await this.work.run((tx) =>
      this.change(tx, [follower, followee], (mine) => (mine === 'accepted' ? mine : null)),
    );
    return this.visibility.relation(followee, follower);
  }

  /** Removes a follower without notifying them. */
  async remove(followee: Id, follower: Id): Promise<Relation> {
    await this.work.run((tx) => this.change(tx, [follower, followee], () => null));
    return this.visibility.relation(followee, follower);
  }

  /** Ends follows both ways. The caller may also block somebody who blocks them, though they cannot see that person. */
  async block(self: Id, other: Id): Promise<Relation> {
    await this.work.run(async (tx) => {
      await this.lockOpen(tx, self, other);
      const isNew = await this.blocks.block(tx, self, other);
      await this.endFollows(tx, self, other);
      if (isNew) await this.blockChanged(tx, self, other);
      else await tx.effect('relations.changed', self, other);
    });
    return this.visibility.relation(self, other);
  }

  /** Follows do not come back. */
  async unblock(self: Id, other: Id): Promise<Relation> {
    await this.work.run((tx) => this.endBlock(tx, self, other));
    return this.visibility.relation(self, other);
  }

  async mute(self: Id, other: Id): Promise<Relation> {
    return this.changeMute(self, other, async (tx) => {
      const target = await this.lockOpen(tx, self, other);
      const relation = await this.visibility.relation(self, other, tx);
      if (!this.visibility.maySeeProfile(target, relation)) throw problem('not_found');
      return this.blocks.mute(self, other, tx);
    });
  }

  async unmute(self: Id, other: Id): Promise<Relation> {
    return this.changeMute(self, other, async (tx) => {
      await lockPair(tx, self, other);
      return this.blocks.unmute(self, other, tx);
    });
  }

  /** Accepts up to `limit` requests and returns their number. The caller has locked the followee's account, so no pair needs a lock. */
  async acceptMany(tx: Tx, followee: Id, limit: number): Promise<number> {
    const requesters = await this.follows.requesters(tx, followee, limit);
    for (const requester of requesters) {
      const found = await this.follows.ends(tx, requester, followee);
      // A request without the follower's end is none.
      await this.set(tx, [requester, followee], found, found[0] && 'accepted');
    }
    return requesters.length;
  }

  /** Accepts all requests to somebody who went public. */
  async acceptAll(followee: Id): Promise<void> {
    const accept = async (tx: Tx): Promise<number> => {
      await lockAccount(tx, followee);
      const user = await this.users.find(followee, tx);
      const isPublic = user && !user.private && user.closed_at === null;
      return isPublic ? this.acceptMany(tx, followee, BATCH) : 0;
    };
    while ((await this.work.run(accept)) === BATCH);
  }

  /** Hides or shows everything beyond a block's first batch, and anything that was in progress during the block. */
  async settleBlock(blocker: Id, blocked: Id): Promise<void> {
    let before: Id | null = null;
    do {
      const from: Id | null = before;
      before = await this.work.run((tx) => hideOrShow(this.blocks, tx, [blocker, blocked], from));
    } while (before !== null);
  }

  /** Ends all relations of a closed account, in both directions: each pair under its lock. */
  async endAll(user: Id): Promise<void> {
    for (;;) {
      const [followees, followers, blocks] = await Promise.all([
        this.erasure.owned('followeesOf', user, BATCH),
        this.erasure.owned('followersOf', user, BATCH),
        this.blocks.everyBlockOf(user, BATCH),
      ]);
      const pairs: Pair[] = [
        ...followees.map((followee) => [user, followee] as const),
        ...followers.map((follower) => [follower, user] as const),
      ];
      if (pairs.length + blocks.length === 0) return;
      for (const pair of pairs) await this.work.run((tx) => this.change(tx, pair, () => null));
      for (const { blocker, blocked } of blocks)
        await this.work.run((tx) => this.endBlock(tx, blocker, blocked));
    }
  }

  /** Changes both ends under the pair's lock; returns what the follower's was. Sent together: the read sees the state after the lock. */
  private async change(tx: Tx, pair: Pair, to: (mine: FollowEnd) => FollowEnd): Promise<FollowEnd> {
    const [, found] = await Promise.all([lockPair(tx, ...pair), this.follows.ends(tx, ...pair)]);
    await this.set(tx, pair, found, to(found[0]));
    return found[0];
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

  private async endFollows(tx: Tx, one: Id, other: Id): Promise<void> {
    await this.change(tx, [one, other], () => null);
    await this.change(tx, [other, one], () => null);
  }

  private async endBlock(tx: Tx, blocker: Id, blocked: Id): Promise<void> {
    await lockPair(tx, blocker, blocked);
    if (!(await this.blocks.unblock(tx, blocker, blocked)))
      return tx.effect('relations.changed', blocker, blocked);
    await this.endFollows(tx, blocker, blocked);
    await this.blockChanged(tx, blocker, blocked);
  }

  /** The worker hides or shows again after the commit: the rows beyond a batch, and likes that were in progress. */
  private async blockChanged(tx: Tx, blocker: Id, blocked: Id): Promise<void> {
    await hideOrShow(this.blocks, tx, [blocker, blocked]);
    await tx.effectOn('block.changed', blocker, blocked);
    await tx.effect('relations.changed', blocker, blocked);
    await tx.effectOn('notify.relation', blocker, blocked);
    await tx.effectOn('notify.relation', blocked, blocker);
  }

  private async changeMute(self: Id, other: Id, change: (tx: Tx) => Promise<boolean>): Promise<Relation> {
    await this.work.run(async (tx) => {
      if (await change(tx)) await tx.effectOn('notify.relation', self, other);
      await tx.effect('relations.changed', self);
    });
    return this.visibility.relation(self, other);
  }

  /** Keeps both accounts open until the transaction ends; returns the other. */
  private async lockOpen(tx: Tx, self: Id, other: Id): Promise<UserRow> {
    if (self === other) throw problem('self_not_allowed');
    const [, own, target] = await Promise.all([
      lockPair(tx, self, other),
      this.users.find(self, tx),
      this.users.find(other, tx),
    ]);
    if (!own || own.closed_at !== null) throw problem('session_ended');
    if (!target || target.closed_at !== null) throw problem('not_found');
    return target;
  }
}
