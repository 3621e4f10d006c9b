import { Injectable } from '@nestjs/common';
import type { Id } from '@app/platform';
import { Blocking, Following, type NextBatch } from '@app/domain';
import { lockAccount, UnitOfWork, UserRows } from '@app/storage';

/** Requests accepted per transaction. */
const BATCH = 500;

/** Effects of a relation change that are too large for the request that caused it. */
@Injectable()
export class Relations {
  constructor(
    private readonly blocking: Blocking,
    private readonly following: Following,
    private readonly users: UserRows,
    private readonly work: UnitOfWork,
  ) {}

  /** Hides or shows everything beyond the first batch, and anything that was in progress during the block. */
  async blockChanged(blocker: Id, blocked: Id): Promise<void> {
    let next: NextBatch | null | undefined;
    do next = await this.work.run((tx) => this.blocking.settle(tx, blocker, blocked, next ?? undefined));
    while (next !== null);
  }

  async acceptRequests(followee: Id): Promise<void> {
    for (;;) {
      const accepted = await this.work.run(async (tx) => {
        await lockAccount(tx, followee);
        const user = await this.users.find(followee, tx);
        return user && !user.private && user.closed_at === null
          ? this.following.acceptMany(tx, followee, BATCH)
          : [];
      });
      if (accepted.length < BATCH) return;
    }
  }
}
