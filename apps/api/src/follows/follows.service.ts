import { Injectable } from '@nestjs/common';
import { isId, limits, problem, type Id } from '@app/platform';
import { HomeFeeds } from '@app/feed';
import { FollowRows, UnitOfWork, UserRows, Visibility, type Tx } from '@app/storage';
import { relationshipOf } from '../users/user-view.js';
import type { Relationship } from '../users/users.schemas.js';

/** Following and unfollowing. A private person is asked first; everybody else is followed at once. */
@Injectable()
export class FollowsService {
  constructor(
    private readonly follows: FollowRows,
    private readonly users: UserRows,
    private readonly work: UnitOfWork,
    private readonly visibility: Visibility,
    private readonly feeds: HomeFeeds,
  ) {}

  async follow(follower: Id, followee: Id): Promise<Relationship> {
    if (follower === followee) throw problem('self_not_allowed');
    const [target, relation] = await Promise.all([
      isId(followee) ? this.users.find(followee) : null,
      isId(followee) ? this.visibility.relation(follower, followee) : null,
    ]);
    if (!target || !relation || !this.visibility.maySeeProfile(target, relation) || relation.blocking) {
      throw problem('not_found');
    }
    await this.work.run((tx) => this.followIn(tx, follower, followee));
    await this.refreshFeed(follower);
    return this.relationship(follower, followee);
  }

  private async followIn(tx: Tx, follower: Id, followee: Id): Promise<void> {
    const self = await this.users.find(follower, tx);
    if ((self?.following_count ?? 0) >= limits.follow.following) {
      throw problem('follow_limit', { params: { limit: limits.follow.following } });
    }
    const target = await this.users.share(tx, followee);
    if (!target || target.closed_at !== null) throw problem('not_found');
    const accepted = !target.private;
    const isNew = await this.follows.insert(tx, follower, followee, accepted);
    if (isNew && accepted) await this.changed(tx, follower, followee, 1);
  }

  /** Takes a follow or a request back; works on those whom one can no longer see, too. */
  async unfollow(follower: Id, followee: Id): Promise<Relationship> {
    if (!isId(followee)) throw problem('not_found');
    await this.work.run(async (tx) => {
      const ended = await this.follows.remove(tx, follower, followee);
      if (ended?.accepted) await this.changed(tx, follower, followee, -1);
    });
    await this.refreshFeed(follower);
    return this.relationship(follower, followee);
  }

  private async changed(tx: Tx, follower: Id, followee: Id, delta: 1 | -1): Promise<void> {
    await tx.count('user.following', follower, delta);
    await tx.count('user.followers', followee, delta);
    await tx.effect('relations.changed', follower);
  }

  /** The feed's next read sees the change. Never fails: an outbox row does it again. */
  private async refreshFeed(reader: Id): Promise<void> {
    await this.feeds.bump([reader]).catch(() => undefined);
  }

  private async relationship(viewer: Id, other: Id): Promise<Relationship> {
    return relationshipOf(await this.visibility.relation(viewer, other));
  }
}
