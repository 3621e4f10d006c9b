import { Injectable } from '@nestjs/common';
import { isId, limits, problem, type Id } from '@app/platform';
import { Following, UnitOfWork, UserRows, Visibility, type Tx } from '@app/storage';
import { relationshipOf } from '../users/user-view.js';
import type { Relationship } from '../users/users.schemas.js';

/** Following and unfollowing. A private person is asked first; everybody else is followed at once. */
@Injectable()
export class FollowsService {
  constructor(
    private readonly following: Following,
    private readonly users: UserRows,
    private readonly work: UnitOfWork,
    private readonly visibility: Visibility,
  ) {}

  async follow(follower: Id, followee: Id): Promise<Relationship> {
    if (follower === followee) throw problem('self_not_allowed');
    const [target, relation] = await Promise.all([
      isId(followee) ? this.users.find(followee) : null,
      isId(followee) ? this.visibility.relation(follower, followee) : null,
    ]);
    if (!target || !relation || !this.visibility.mayMeet(target, relation)) {
      throw problem('not_found');
    }
    await this.work.run((tx) => this.followIn(tx, follower, followee));
    return this.relationship(follower, followee);
  }

  private async followIn(tx: Tx, follower: Id, followee: Id): Promise<void> {
    const self = await this.users.find(follower, tx);
    if ((self?.following_count ?? 0) >= limits.follow.following) {
      throw problem('follow_limit', { params: { limit: limits.follow.following } });
    }
    const target = await this.users.share(tx, followee);
    if (!target || target.closed_at !== null) throw problem('not_found');
    await this.following.begin(tx, follower, followee, !target.private);
  }

  /** Takes a follow or a request back; works on those whom one can no longer see, too. */
  async unfollow(follower: Id, followee: Id): Promise<Relationship> {
    if (!isId(followee)) throw problem('not_found');
    await this.work.run((tx) => this.following.end(tx, follower, followee));
    return this.relationship(follower, followee);
  }

  /** Lets a request in. @throws Problem 404 when there is none (any more) */
  async accept(followee: Id, follower: Id): Promise<Relationship> {
    const accepted =
      isId(follower) && (await this.work.run((tx) => this.following.accept(tx, follower, followee)));
    // Let in before: the answer is the same again.
    if (!accepted && !(await this.relationship(followee, follower)).followedBy) throw problem('not_found');
    return this.relationship(followee, follower);
  }

  /** Turns a request down. May be repeated; one that was let in meanwhile stays. */
  async reject(followee: Id, follower: Id): Promise<Relationship> {
    const before = await this.relationship(followee, follower);
    return before.followedBy ? before : this.remove(followee, follower);
  }

  /** Removes a follower, silently. May be repeated. */
  async remove(followee: Id, follower: Id): Promise<Relationship> {
    if (!isId(follower)) throw problem('not_found');
    await this.work.run((tx) => this.following.end(tx, follower, followee));
    return this.relationship(followee, follower);
  }

  private async relationship(viewer: Id, other: Id): Promise<Relationship> {
    if (!isId(other)) throw problem('not_found');
    return relationshipOf(await this.visibility.relation(viewer, other));
  }
}
