import { Injectable } from '@nestjs/common';
import { problem, type Id } from '@app/platform';
import { assertPublished, PostIndex, Removal } from '@app/domain';
import { PostRows, UnitOfWork } from '@app/storage';
import { fieldsOf } from './post-fields.js';
import { PostWriting } from './post-writing.service.js';
import type { PostChange } from './posts.schemas.js';

/** Changes and deletes posts. */
@Injectable()
export class PostsService {
  constructor(
    private readonly posts: PostRows,
    private readonly writing: PostWriting,
    private readonly index: PostIndex,
    private readonly work: UnitOfWork,
    private readonly removal: Removal,
  ) {}

  async change(author: Id, id: Id, input: PostChange): Promise<void> {
    const fields = fieldsOf(await this.writing.read(author, input));
    await this.work.run(async (tx) => {
      const post = await this.posts.lock(tx, id);
      if (post?.author_id !== author) throw problem('not_found');
      if (Object.keys(fields).length === 0) return;
      await this.posts.change(tx, id, fields);
      await this.index.update(tx, post, { ...post, ...fields });
      if (fields.caption !== undefined) await tx.effect('notify.mentions', id);
      await tx.effect('post.changed', id);
    });
  }

  /** Hides a published post from everybody but its author, or restores it with its likes and comments. Idempotent. */
  async archive(author: Id, id: Id, archived: boolean): Promise<void> {
    await this.work.run(async (tx) => {
      const post = await this.posts.lock(tx, id);
      if (post?.author_id !== author) throw problem('not_found');
      assertPublished(post.state);
      if (post.archived === archived) return;
      await this.posts.archive(tx, id, archived);
      await this.index.update(tx, post, { ...post, archived });
      await tx.count('user.posts', author, archived ? -1 : 1);
      await tx.effectOn('post.changed', id, author);
      await tx.effect('notify.post', id);
      // Feeds that were built while it was archived do not contain it.
      if (!archived) await tx.effect('post.deliver', id);
    });
  }

  /** Deletes a post and its photos. Idempotent. @throws Problem 404 unless the post is the caller's own */
  async remove(author: Id, id: Id): Promise<void> {
    const removed = await this.work.run((tx) => this.removal.post(tx, author, id));
    if (!removed && !(await this.removal.wasBy(author, id))) throw problem('not_found');
  }
}
