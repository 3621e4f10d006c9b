import { Injectable } from '@nestjs/common';
import type { Id } from '@app/platform';
import { noCauses, NotificationCauses, NotificationGroups, type Group, type Tx } from '@app/storage';
import { NotificationWriter } from './notification-writer.js';

/** Read groups of followers that are still updated: most unfollows come from recent followers. */
const KEPT_UP = 20;

const followGroup = (user: Id, since: string): Group => ({
  user,
  key: `follow:${since}`,
  type: 'follow',
  post: null,
});

/** Notifications about other people: new followers, requests, accepted requests. */
@Injectable()
export class PeopleGroups {
  constructor(
    private readonly groups: NotificationGroups,
    private readonly causes: NotificationCauses,
    private readonly writer: NotificationWriter,
  ) {}

  /** Collects followers in one group until it is read; later ones begin another. Each group is a range of follow ids. */
  async follows(user: Id): Promise<void> {
    await this.writer.locked(user, async (tx, open) => {
      const known = await this.groups.follows(tx, user, KEPT_UP);
      for (const { group_key, newest } of known) {
        const since = group_key.slice('follow:'.length);
        if (since !== open) await this.setFollows(tx, user, since, newest);
      }
      await this.setFollows(tx, user, open, null);
    });
  }

  private async setFollows(tx: Tx, user: Id, since: Id, until: Id | null): Promise<void> {
    const causes = await this.causes.followers(tx, user, since, until);
    await this.writer.set(tx, followGroup(user, since), causes);
  }

  async requests(user: Id): Promise<void> {
    const group: Group = { user, key: 'request', type: 'request', post: null };
    await this.writer.settle(group, (tx) => this.causes.requests(tx, user));
  }

  async accepted(follower: Id, by: Id): Promise<void> {
    await this.writer.settle(acceptGroup(follower, by), (tx) => this.causes.accepted(tx, follower, by));
  }

  /** Keeps the notification only for the same follow: a later follow of a public account was never requested. */
  async ended(follower: Id, followee: Id): Promise<void> {
    const group = acceptGroup(follower, followee);
    await this.writer.settle(group, async (tx) => {
      const told = await this.groups.find(tx, follower, group.key);
      const causes = await this.causes.accepted(tx, follower, followee);
      return told?.newest === causes.newest ? causes : noCauses;
    });
  }
}

const acceptGroup = (user: Id, by: Id): Group => ({ user, key: `accept:${by}`, type: 'accept', post: null });
