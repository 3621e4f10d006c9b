import { Injectable } from '@nestjs/common';
import { histogram, type Id } from '@app/platform';
import { AuthorFeeds, HomeFeeds, invalidation, PendingInvalidations } from '@app/feed';
import { FollowRows, PostRows, UserRows, type OutboxRow, type PostRow } from '@app/storage';

/** Followers per page: one read by key, one script call per group of keys. */
const PAGE = 5_000;

/** The last follower that a fan-out has reached; null when it is complete. */
type Progress = Id | null;

/** Gives an author's posts to all followers, a page of followers at a time. */
@Injectable()
export class FanOut {
  constructor(
    private readonly posts: PostRows,
    private readonly follows: FollowRows,
    private readonly users: UserRows,
    private readonly home: HomeFeeds,
    private readonly authors: AuthorFeeds,
    private readonly redis: PendingInvalidations,
  ) {}

  /** Inserts a published post into one page of feeds. Returns the start of the next page. */
  async deliver({ subject_id: postId, progress }: OutboxRow): Promise<Progress> {
    const post = await this.posts.find(postId);
    if (post?.state !== 'published') return null;
    if (progress === null) await this.begin(post);
    if (!post.fanned_out) return this.end(post);
    const readers = await this.follows.followerIds(post.author_id, progress ?? '0', PAGE);
    if (readers.length > 0) await this.home.insert(postId, readers);
    return readers.length === PAGE ? (readers.at(-1) as Id) : this.end(post);
  }

  /** Starts with the author's own feed, and with the author's list if readers merge it. */
  private async begin(post: PostRow): Promise<void> {
    const { ofPost, ofOwnFeed } = invalidation;
    await this.redis.invalidateOrThrow(ofPost(post.id), ofOwnFeed(post.author_id, post.id));
    const audience = await this.users.audienceOf(post.author_id);
    if (!post.fanned_out || audience !== 0) await this.authors.insert(post.id, post.author_id);
  }

  private end({ published_at }: PostRow): null {
    if (published_at)
      histogram('narwhal_delivery_seconds').observe((Date.now() - published_at.getTime()) / 1000);
    return null;
  }

  /**
   * An author's audience has become large: every follower's feed must merge the author's posts before the first post is not
   * fanned out. So the followers' generations change page by page, and only then does the audience become `large`. A follow
   * meanwhile also sets a new generation.
   */
  async grow({ subject_id: author, progress }: OutboxRow): Promise<Progress> {
    if ((await this.users.audienceOf(author)) !== 1) return null;
    const readers = await this.follows.followerIds(author, progress ?? '0', PAGE);
    await this.redis.invalidateOrThrow(...readers.map(invalidation.ofFeed));
    if (readers.length === PAGE) return readers.at(-1) as Id;
    await this.users.moveAudience(author, 1, 2);
    return null;
  }
}
