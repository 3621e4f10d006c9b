import { Injectable } from '@nestjs/common';
import type { Id } from '@app/platform';
import { Counts, HomeFeeds, LiveBus, SessionCache } from '@app/feed';
import { PopularPostRows, PostRows } from '@app/storage';

/** What Redis, and explore, keep of things that changed. The api did the same when it answered; here it is made sure. */
@Injectable()
export class Caches {
  constructor(
    private readonly counts: Counts,
    private readonly feeds: HomeFeeds,
    private readonly sessions: SessionCache,
    private readonly posts: PostRows,
    private readonly live: LiveBus,
    private readonly popular: PopularPostRows,
  ) {}

  /** The post's version, and its place in its author's own feed, where it stands from the beginning. */
  async postChanged(postId: Id): Promise<void> {
    await this.counts.forget('post', [postId]);
    await this.popular.refresh([postId]);
    const post = await this.posts.find(postId);
    if (post) await this.feeds.insert(postId, [post.author_id]);
  }

  async userChanged(userId: Id): Promise<void> {
    await this.counts.forget('user', [userId]);
  }

  async relationsChanged(reader: Id): Promise<void> {
    await this.feeds.bump([reader]);
  }

  async sessionEnded(sessionId: Id): Promise<void> {
    await this.sessions.end(sessionId);
    this.live.publish({ kind: 'ended', session: sessionId });
  }

  async postGone(postId: Id): Promise<void> {
    await this.counts.gone('post', [postId]);
    await this.popular.refresh([postId]);
  }
}
