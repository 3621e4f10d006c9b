import { Injectable } from '@nestjs/common';
import { invalidation, PendingInvalidations } from '@app/feed';
import type { Id } from '@app/platform';
import { FollowRows, UserRows, type OutboxRow } from '@app/storage';
import { PAGE, type Progress } from './progress.js';

/**
 * An author's audience has become large: every follower's feed must merge the author's posts before the first post is not
 * fanned out. So the followers' generations change page by page, and only then does the audience become `large`. A follow
 * meanwhile also sets a new generation.
 */
@Injectable()
export class AudienceGrowth {
  constructor(
    private readonly follows: FollowRows,
    private readonly users: UserRows,
    private readonly redis: PendingInvalidations,
  ) {}

  async page({ subject_id: author, progress }: OutboxRow): Promise<Progress> {
    if ((await this.users.audienceOf(author)) !== 1) return null;
    const readers = await this.follows.followerIds(author, progress ?? '0', PAGE);
    await this.redis.invalidateOrThrow(...readers.map(invalidation.ofFeed));
    if (readers.length === PAGE) return readers.at(-1) as Id;
    await this.users.moveAudience(author, 1, 2);
    return null;
  }
}
