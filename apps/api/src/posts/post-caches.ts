import { Injectable } from '@nestjs/common';
import type { Id } from '@app/platform';
import { Counts, HomeFeeds } from '@app/feed';

/** What Redis keeps of posts, hastened after a commit. None of it fails: an outbox row does each again. */
@Injectable()
export class PostCaches {
  constructor(
    private readonly counts: Counts,
    private readonly feeds: HomeFeeds,
  ) {}

  async inserted(author: Id, post: Id): Promise<void> {
    await this.feeds.insert(post, [author]).catch(() => undefined);
  }

  async changed(post: Id): Promise<void> {
    await this.counts.forget('post', [post]).catch(() => undefined);
  }

  async gone(post: Id): Promise<void> {
    await this.counts.gone('post', [post]).catch(() => undefined);
  }
}
