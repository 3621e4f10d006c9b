import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, type Config, type Id } from '@app/platform';
import { COUNT_SETTLES_AFTER, Counts } from '@app/feed';
import {
  CountRows,
  PopularRows,
  UnitOfWork,
  UserRows,
  type FoldedCount,
  type WaitingDelta,
} from '@app/storage';

/** A large author is fanned out again below this fraction of the threshold, since each crossing has a cost. */
const HYSTERESIS = 0.8;

/** Folds a shard's count deltas into its rows, after settling the cached counts (see `Counts`). */
@Injectable()
export class Folding {
  private ending = false;

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly rows: CountRows,
    private readonly counts: Counts,
    private readonly users: UserRows,
    private readonly popular: PopularRows,
    private readonly work: UnitOfWork,
  ) {}

  /** Constant likes or comments keep a shard's folding busy, so the worker must end the loop to shut down. */
  end(): void {
    this.ending = true;
  }

  async shard(shard: number): Promise<void> {
    while (!this.ending) {
      const deltas = await this.rows.waiting(shard, COUNT_SETTLES_AFTER);
      if (deltas.length === 0) {
        // Newer deltas sent a job with this one's name, which was dropped: this job waits for them.
        if ((await this.rows.waiting(shard, 0)).length === 0) return;
        await sleep(COUNT_SETTLES_AFTER / 4);
        continue;
      }
      await this.counts.settle('post', subjectsOf(deltas, 'post.'));
      await this.counts.settle('user', subjectsOf(deltas, 'user.'));
      const folded = await this.rows.fold(
        shard,
        deltas.map(({ id }) => id),
      );
      if (folded === null) await sleep(COUNT_SETTLES_AFTER / 4);
      else for (const count of folded) await this.audienceOf(count);
    }
  }

  /** Changes how an author's posts are delivered when their follower count crosses the threshold. */
  private async audienceOf({ counter, subject_id: author, value }: FoldedCount): Promise<void> {
    if (counter !== 'user.followers') return;
    await this.popular.notePerson(author, value);
    const large = this.config.LARGE_AUTHOR_FOLLOWERS;
    if (value > large) {
      await this.work.run(async (tx) => {
        if (await this.users.moveAudience(author, 0, 1, tx)) await tx.effect('audience.grew', author);
      });
    } else if (value < large * HYSTERESIS) {
      await this.users.moveAudience(author, 2, 0);
    }
  }
}

function subjectsOf(deltas: readonly WaitingDelta[], prefix: string): Id[] {
  const subjects = deltas
    .filter(({ counter }) => counter.startsWith(prefix))
    .map(({ subject_id }) => subject_id);
  return [...new Set(subjects)];
}
