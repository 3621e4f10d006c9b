import { Injectable } from '@nestjs/common';
import { isId, limits, problem, type Id } from '@app/platform';
import { Following, Visibility } from '@app/domain';
import { UnitOfWork } from '@app/storage';
import { relationshipOf } from '../users/user-view.js';
import type { Relationship } from '../users/users.schemas.js';

/** Following and unfollowing. A private person is asked first; everybody else is followed at once. */
@Injectable()
export class FollowsService {
  constructor(
    private readonly following: Following,
    private readonly work: UnitOfWork,
    private readonly visibility: Visibility,
  ) {}

  async follow(follower: Id, followee: Id): Promise<Relationship> {
    if (follower === followee) throw problem('self_not_allowed');
    if (!isId(followee)) throw problem('not_found');
    const outcome = await this.work.run((tx) => this.following.begin(tx, follower, followee));
    if (outcome === 'hidden') throw problem('not_found');
    if (outcome === 'full') throw problem('follow_limit', { params: { limit: limits.follow.following } });
    return relationshipOf(outcome);
  }

  /** Takes a follow or a request back; works on those whom one can no longer see, too. */
  async unfollow(follower: Id, followee: Id): Promise<Relationship> {
    if (!isId(followee)) throw problem('not_found');
    await this.work.run((tx) => this.following.end(tx, follower, followee));
    return this.relationship(follower, followee);
  }

  /** Lets a request in; again: the answer is the same. @throws Problem 404 when there is none (any more) */
  async accept(followee: Id, follower: Id): Promise<Relationship> {
    const accepted =
      isId(follower) && (await this.work.run((tx) => this.following.accept(tx, follower, followee)));
    if (!accepted) throw problem('not_found');
    return this.relationship(followee, follower);
  }

  /** Turns a request down. May be repeated; one that was let in meanwhile stays. */
  async reject(followee: Id, follower: Id): Promise<Relationship> {
    if (!isId(follower)) throw problem('not_found');
    await this.work.run((tx) => this.following.reject(tx, follower, followee));
    return this.relationship(followee, follower);
  }

  /** Removes a follower, silently. May be repeated. */
  async remove(followee: Id, follower: Id): Promise<Relationship> {
    if (!isId(follower)) throw problem('not_found');
    await this.work.run((tx) => this.following.end(tx, follower, followee));
    return this.relationship(followee, follower);
  }

  private async relationship(viewer: Id, other: Id): Promise<Relationship> {
    return relationshipOf(await this.visibility.relation(viewer, other));
  }
}
