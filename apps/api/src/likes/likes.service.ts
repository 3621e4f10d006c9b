import { Injectable } from '@nestjs/common';
import { counter, isId, problem, type Id } from '@app/platform';
import { ReaderMarks } from '@app/feed';
import { CollectionRows, LikeRows, PostRows, UnitOfWork } from '@app/storage';
import { PostReading } from '../posts/post-reading.service.js';

/** Liking and saving. Taking back works on posts that one can no longer see, too. */
@Injectable()
export class LikesService {
  constructor(
    private readonly rows: LikeRows,
    private readonly posts: PostRows,
    private readonly collections: CollectionRows,
    private readonly work: UnitOfWork,
    private readonly marks: ReaderMarks,
    private readonly reading: PostReading,
  ) {}

  async like(user: Id, post: Id): Promise<string> {
    await this.assertPublished(post, user);
    await this.marks.change(user, 'liked', post, true, () =>
      this.work.run(async (tx) => {
        if (!(await this.posts.hold(tx, post))) throw problem('not_found');
        if (!(await this.rows.like(tx, user, post))) return;
        await tx.count('post.likes', post, 1);
        tx.afterCommit(() => counter('narwhal_likes_total').inc());
      }),
    );
    return this.shown(post, user);
  }

  /** Null where the post can no longer be seen. */
  async unlike(user: Id, post: Id): Promise<string | null> {
    if (!isId(post)) throw problem('not_found');
    await this.marks.change(user, 'liked', post, false, () =>
      this.work.run(async (tx) => {
        const taken = await this.rows.unlike(tx, user, post);
        if (taken?.counted) await tx.count('post.likes', post, -1);
      }),
    );
    return this.shownIfVisible(post, user);
  }

  async save(user: Id, post: Id): Promise<string> {
    await this.assertPublished(post, user);
    await this.marks.change(user, 'saved', post, true, () =>
      this.work.run(async (tx) => {
        if (!(await this.posts.hold(tx, post))) throw problem('not_found');
        await this.rows.save(tx, user, post);
      }),
    );
    return this.shown(post, user);
  }

  /** Null where the post can no longer be seen. */
  async unsave(user: Id, post: Id): Promise<string | null> {
    if (!isId(post)) throw problem('not_found');
    await this.marks.change(user, 'saved', post, false, () =>
      this.work.run(async (tx) => {
        await this.rows.unsave(tx, user, post);
        await this.collections.takeFromAll(tx, user, post);
      }),
    );
    return this.shownIfVisible(post, user);
  }

  private async assertPublished(post: Id, user: Id): Promise<void> {
    const { post: found } = await this.reading.one(post, user);
    if (found.state !== 'published') throw problem('not_found');
  }

  private async shown(post: Id, user: Id): Promise<string> {
    return (await this.reading.one(post, user)).json;
  }

  private async shownIfVisible(post: Id, user: Id): Promise<string | null> {
    const [found] = await this.reading.visible([post], user);
    return found?.json ?? null;
  }
}
