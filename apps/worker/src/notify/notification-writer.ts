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

/** Sets groups of notifications to what their causes are, one transaction a group, and tells who is connected. */
@Injectable()
export class NotificationWriter {
  constructor(
    private readonly work: UnitOfWork,
    private readonly groups: NotificationGroups,
    private readonly posts: PostRows,
  ) {}

  /** Causes are read under the person's lock: of two that work a group out at once, the second sees what the first did. */
  async settle(group: Group, read: Reading): Promise<void> {
    await this.locked(group.user, async (tx, since) => {
      // A post that is being deleted waits until this group stands, and then takes it along.
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

  /** Nothing of this is left to be told, whoever was. */
  async undo(group: Omit<Group, 'user'>): Promise<void> {
    for (const user of await this.groups.holders(group.key))
      await this.locked(user, (tx) => this.set(tx, { ...group, user }, noCauses));
  }
}
