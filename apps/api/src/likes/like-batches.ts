import { Injectable } from '@nestjs/common';
import { GroupCommit, UnitOfWork } from '@app/storage';
import { Liking, type LikeOutcome, type LikeWish } from '@app/domain';

/** Likes per transaction: some 20 ms of PostgreSQL, for which the next batch waits. */
const MOST = 500;

/** While one batch waits for PostgreSQL, the other's responses are sent. */
const AT_ONCE = 2;

/** Commits concurrent likes in one transaction; each gets its own outcome (docs/decisions/0036). */
@Injectable()
export class LikeBatches {
  private readonly together = new GroupCommit<LikeWish, LikeOutcome>(
    (wishes) => this.work.run((tx) => this.liking.carryOut(tx, wishes, { wait: false })),
    { nameOf: ({ user, post }) => `${user} ${post}`, most: MOST, atOnce: AT_ONCE },
  );

  constructor(
    private readonly work: UnitOfWork,
    private readonly liking: Liking,
  ) {}

  /** Resolves after the commit. */
  async carryOut(wish: LikeWish): Promise<LikeOutcome> {
    const outcome = await this.together.add(wish);
    return outcome === 'busy' ? this.alone(wish) : outcome;
  }

  /** Only likes of that post wait for its lock. */
  private async alone(wish: LikeWish): Promise<LikeOutcome> {
    const [outcome = 'hidden'] = await this.work.run((tx) =>
      this.liking.carryOut(tx, [wish], { wait: true }),
    );
    return outcome;
  }
}
