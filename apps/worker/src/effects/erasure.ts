import { Injectable } from '@nestjs/common';
import type { Id } from '@app/platform';
import { CommentRows, ErasureRows, UnitOfWork } from '@app/storage';
import { Liking, Relations, Removal } from '@app/domain';

/** Rows per statement: few enough that nobody waits for its locks. */
const BATCH = 500;

/** Deletes the data of a deleted post or a closed account in batches. After a crash it resumes where it was. */
@Injectable()
export class Erasure {
  constructor(
    private readonly rows: ErasureRows,
    private readonly work: UnitOfWork,
    private readonly removal: Removal,
    private readonly relations: Relations,
    private readonly likes: Liking,
    private readonly comments: CommentRows,
  ) {}

  async post(post: Id): Promise<void> {
    while ((await this.rows.likesOfPost(post, BATCH)) > 0);
    while ((await this.rows.commentsOfPost(post, BATCH)) > 0);
  }

  async user(user: Id): Promise<void> {
    await this.each(
      () => this.rows.owned('postsOf', user, BATCH),
      (post) => this.removePost(user, post),
    );
    await this.discardPhotos(user);
    await this.each(
      () => this.rows.owned('likedBy', user, BATCH),
      (post) => this.unlike(user, post),
    );
    await this.each(
      () => this.rows.commentsLikedBy(user, BATCH),
      (comment) => this.unlikeComment(user, comment),
    );
    await this.each(
      () => this.rows.commentsBy(user, BATCH),
      (comment) => this.removeComment(comment),
    );
    await this.relations.endAll(user);
    await this.work.run((tx) => this.rows.own(tx, user));
    await this.rows.notifications(user);
  }

  private async each(read: () => Promise<Id[]>, take: (id: Id) => Promise<unknown>): Promise<void> {
    for (let ids = await read(); ids.length > 0; ids = await read()) for (const id of ids) await take(id);
  }

  private async removePost(author: Id, post: Id): Promise<void> {
    await this.work.run((tx) => this.removal.post(tx, author, post));
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

  private async unlikeComment(user: Id, comment: Id): Promise<void> {
    await this.work.run(async (tx) => {
      const taken = await this.comments.unlike(tx, user, comment);
      if (taken?.counted) await tx.count('comment.likes', comment, -1);
    });
  }

  private async removeComment(id: Id): Promise<void> {
    await this.work.run(async (tx) => {
      const comment = await this.comments.lock(tx, id);
      if (!comment || comment.deleted) return;
      await this.comments.remove(tx, comment);
      await tx.effect('notify.mentions', id);
      await tx.effect('notify.replies', id);
      await tx.effect('notify.commentLikes', id);
      if (comment.hidden) return;
      await tx.count('post.comments', comment.post_id, -1);
      if (comment.reply_to !== null) await tx.count('comment.replies', comment.reply_to, -1);
    });
  }
}
