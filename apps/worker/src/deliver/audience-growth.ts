import { Injectable } from '@nestjs/common';
import { invalidation, PendingInvalidations } from '@app/feed';
import type { Id } from '@app/platform';
import { AudienceRows, FollowRows, type OutboxRow } from '@app/storage';
import { PAGE, type Progress } from './progress.js';

/**
 * An author has become large: every follower's feed must learn to merge them before the first post is not fanned out. So
 * their followers' generations change page by page, and only then is the author's audience `large`. Whoever follows
 * meanwhile gets a new generation by following.
 */
@Injectable()
export class AudienceGrowth {
  constructor(
    private readonly follows: FollowRows,
    private readonly audiences: AudienceRows,
    private readonly redis: PendingInvalidations,
  ) {}

  async page({ subject_id: author, progress }: OutboxRow): Promise<Progress> {
    if ((await this.audiences.of(author)) !== 1) return null;
    const readers = await this.follows.followerIds(author, progress ?? '0', PAGE);
    await this.redis.invalidateOrThrow(...readers.map(invalidation.ofFeed));
    if (readers.length === PAGE) return readers.at(-1) as Id;
    await this.audiences.move(null, author, 1, 2);
    return null;
  }
}
