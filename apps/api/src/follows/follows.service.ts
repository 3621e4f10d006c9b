import { Injectable } from '@nestjs/common';
import { limits, problem, type Id } from '@app/platform';
import { Following, Visibility } from '@app/domain';
import { UnitOfWork } from '@app/storage';
import { relationshipOf } from '../users/user-view.js';
import type { Relationship } from '../users/users.schemas.js';

/** Following and unfollowing. A private person gets a request; anybody else is followed at once. */
@Injectable()
export class FollowsService {
  constructor(
    private readonly following: Following,
    private readonly work: UnitOfWork,
    private readonly visibility: Visibility,
  ) {}

  async follow(follower: Id, followee: Id): Promise<Relationship> {
    if (follower === followee) throw problem('self_not_allowed');
    const outcome = await this.work.run((tx) => this.following.begin(tx, follower, followee));
    if (outcome === 'hidden') throw problem('not_found');
    if (outcome === 'full') throw problem('follow_limit', { params: { limit: limits.follow.following } });
    return relationshipOf(outcome);
  }

  /** Ends a follow or a request, also for people whom the caller can no longer see. */
  async unfollow(follower: Id, followee: Id): Promise<Relationship> {
    await this.work.run((tx) => this.following.end(tx, follower, followee));
    return this.relationship(follower, followee);
  }

  /** Accepts a request. Idempotent. @throws Problem 404 when there is no request (any more) */
  async accept(followee: Id, follower: Id): Promise<Relationship> {
    if (!(await this.work.run((tx) => this.following.accept(tx, follower, followee))))
      throw problem('not_found');
    return this.relationship(followee, follower);
  }

  /** Rejects a request. Idempotent. A follow that was accepted meanwhile stays. */
  async reject(followee: Id, follower: Id): Promise<Relationship> {
    await this.work.run((tx) => this.following.reject(tx, follower, followee));
    return this.relationship(followee, follower);
  }

  /** Removes a follower without notifying them. Idempotent. */
  async remove(followee: Id, follower: Id): Promise<Relationship> {
    await this.work.run((tx) => this.following.end(tx, follower, followee));
    return this.relationship(followee, follower);
  }

  private async relationship(viewer: Id, other: Id): Promise<Relationship> {
    return relationshipOf(await this.visibility.relation(viewer, other));
  }
}
