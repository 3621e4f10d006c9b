import { Injectable } from '@nestjs/common';
import type { Id } from '@app/platform';
import {
  noCauses,
  NotificationGroups,
  PostRows,
  UnitOfWork,
  type Causes,
  type Group,
  type Tx,
} from '@app/storage';

type Reading = (tx: Tx, since: Id) => Promise<Causes>;

/** Updates notification groups to match their causes, one transaction per group, and notifies connected clients. */
@Injectable()
export class NotificationWriter {
  constructor(
    private readonly work: UnitOfWork,
    private readonly groups: NotificationGroups,
    private readonly posts: PostRows,
  ) {}

  /** Reads the causes under the person's lock: of two concurrent updates of a group, the second sees the first one's result. */
  async settle(group: Group, read: Reading): Promise<void> {
    await this.locked(group.user, async (tx, since) => {
      // A deletion of the post waits until this group is written, and then deletes it.
      const there = group.post === null || (await this.posts.hold(tx, group.post));
      await this.set(tx, group, there ? await read(tx, since) : noCauses);
    });
  }

  async locked(user: Id, work: (tx: Tx, since: Id) => Promise<void>): Promise<void> {
    await this.work.run(async (tx) => {
      const since = await this.groups.lock(tx, user);
      if (since !== null) await work(tx, since);
    });
  }

  async set(tx: Tx, group: Group, causes: Causes): Promise<void> {
    const changed = await this.groups.settle(tx, group, causes);
    if (changed) tx.tell({ kind: 'notification', to: group.user, group: group.key });
  }

  /** Deletes this group for everybody who has it. */
  async undo(group: Omit<Group, 'user'>): Promise<void> {
    for (const user of await this.groups.holders(group.key))
      await this.locked(user, (tx) => this.set(tx, { ...group, user }, noCauses));
  }
}
