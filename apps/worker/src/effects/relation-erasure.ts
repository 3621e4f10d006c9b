import { Injectable } from '@nestjs/common';
import type { Id } from '@app/platform';
import { Blocking, Following } from '@app/domain';
import { BlockRows, ErasureRows, UnitOfWork } from '@app/storage';

/** Ends all relations of a closed account, in both directions: each pair under its lock, at both ends. */
@Injectable()
export class RelationErasure {
  constructor(
    private readonly rows: ErasureRows,
    private readonly blocks: BlockRows,
    private readonly blocking: Blocking,
    private readonly following: Following,
    private readonly work: UnitOfWork,
  ) {}

  async endAll(user: Id, batch: number): Promise<void> {
    for (;;) {
      const [followees, followers, blocks] = await Promise.all([
        this.rows.followeesOf(user, batch),
        this.rows.followersOf(user, batch),
        this.blocks.everyBlockOf(user, batch),
      ]);
      if (followees.length + followers.length + blocks.length === 0) return;
      for (const followee of followees) await this.endFollow(user, followee);
      for (const follower of followers) await this.endFollow(follower, user);
      for (const { blocker, blocked } of blocks)
        await this.work.run((tx) => this.blocking.unblock(tx, blocker, blocked));
    }
  }

  private async endFollow(follower: Id, followee: Id): Promise<void> {
    await this.work.run((tx) => this.following.end(tx, follower, followee));
  }
}
