import { Injectable } from '@nestjs/common';
import type { Id } from '@app/platform';
import { invalidation, LiveBus, PendingInvalidations } from '@app/feed';
import { PopularRows, PostRows } from '@app/storage';

/**
 * Invalidates cached data of changed rows, in Redis and explore. The process that made the change has already done so
 * (`AfterCommit`), or is still retrying; this guarantees it, in case that process has died.
 */
@Injectable()
export class CacheInvalidation {
  constructor(
    private readonly redis: PendingInvalidations,
    private readonly posts: PostRows,
    private readonly live: LiveBus,
    private readonly popular: PopularRows,
  ) {}

  /** Invalidates the post's version, and its place in its author's own feed, which contains it from the beginning. */
  async postChanged(postId: Id): Promise<void> {
    await this.redis.invalidateOrThrow(invalidation.ofPost(postId));
    await this.popular.refreshPosts([postId]);
    const post = await this.posts.find(postId);
    if (post) await this.redis.invalidateOrThrow(invalidation.ofOwnFeed(post.author_id, postId));
  }

  async userChanged(userId: Id): Promise<void> {
    await this.redis.invalidateOrThrow(invalidation.ofUser(userId));
  }

  async relationsChanged(reader: Id): Promise<void> {
    await this.redis.invalidateOrThrow(invalidation.ofFeed(reader));
  }

  async sessionEnded(sessionId: Id): Promise<void> {
    await this.redis.invalidateOrThrow(invalidation.ofSession(sessionId));
    this.live.publish({ kind: 'ended', session: sessionId });
  }

  async postGone(postId: Id): Promise<void> {
    await this.redis.invalidateOrThrow(invalidation.ofDeletedPost(postId));
    await this.popular.refreshPosts([postId]);
  }
}
