import { Injectable } from '@nestjs/common';
import { GroupCommit, UnitOfWork } from '@app/storage';
import { Liking, type LikeOutcome, type LikeWish } from '@app/domain';

/** Likes a transaction: some 20 ms of PostgreSQL, for which those that come next wait. */
const MOST = 500;

/** While one waits for PostgreSQL, the answers of the other are sent. */
const AT_ONCE = 2;

/** Likes that arrive together, in one transaction; each has its own answer (docs/decisions/0036). */
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

  /** Resolves once it is committed. */
  async carryOut(wish: LikeWish): Promise<LikeOutcome> {
    const outcome = await this.together.add(wish);
    return outcome === 'busy' ? this.alone(wish) : outcome;
  }

  /** Whoever has locked a post is waited for by those who like it, and by nobody else. */
  private async alone(wish: LikeWish): Promise<LikeOutcome> {
    const [outcome = 'hidden'] = await this.work.run((tx) =>
      this.liking.carryOut(tx, [wish], { wait: true }),
    );
    return outcome;
  }
}
