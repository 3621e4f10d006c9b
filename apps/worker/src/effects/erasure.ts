import { Injectable } from '@nestjs/common';
import type { Id } from '@app/platform';
import { ErasureRows, UnitOfWork } from '@app/storage';
import { Comments, Likes, Posts, Removal } from '@app/domain';

/** Rows per statement: few enough that nobody waits for its locks. */
const BATCH = 500;

/** Deletes the data of a deleted post or a closed account in batches. After a crash it resumes where it was. */
@Injectable()
export class Erasure {
  constructor(
    private readonly rows: ErasureRows,
    private readonly work: UnitOfWork,
    private readonly posts: Posts,
    private readonly removal: Removal,
    private readonly likes: Likes,
    private readonly comments: Comments,
  ) {}

  async post(post: Id): Promise<void> {
    while ((await this.rows.likesOfPost(post, BATCH)) > 0);
    while ((await this.rows.commentsOfPost(post, BATCH)) > 0);
  }

  /** Everything that a person posted, liked and said. */
  async contentOf(user: Id): Promise<void> {
    await this.each(
      () => this.rows.owned('postsOf', user, BATCH),
      (post) => this.posts.erase(user, post, null),
    );
    await this.discardPhotos(user);
    await this.each(
      () => this.rows.owned('likedBy', user, BATCH),
      (post) => this.unlike(user, post),
    );
    await this.each(
      () => this.rows.commentsLikedBy(user, BATCH),
      (comment) => this.comments.unlike(user, comment),
    );
    await this.each(
      () => this.rows.commentsBy(user, BATCH),
      (comment) => this.comments.erase(comment),
    );
  }

  /** Everything that only the person saw; last, when nothing notifies them any more. */
  async accountOf(user: Id): Promise<void> {
    await this.work.run((tx) => this.rows.own(tx, user));
    await this.rows.notifications(user);
  }

  private async each(read: () => Promise<Id[]>, take: (id: Id) => Promise<unknown>): Promise<void> {
    for (let ids = await read(); ids.length > 0; ids = await read()) for (const id of ids) await take(id);
  }

  private async discardPhotos(owner: Id): Promise<void> {
    for (
      let ids = await this.rows.owned('photosOf', owner, BATCH);
      ids.length > 0;
      ids = await this.rows.owned('photosOf', owner, BATCH)
    ) {
      const batch = ids;
      await this.work.run((tx) => this.removal.discard(tx, owner, batch));
    }
  }

  private async unlike(user: Id, post: Id): Promise<void> {
    await this.work.run((tx) => this.likes.end(tx, [{ user, post }]));
  }
}
