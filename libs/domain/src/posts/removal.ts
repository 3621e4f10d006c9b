import { Injectable } from '@nestjs/common';
import type { Id } from '@app/platform';
import { PostIndex } from './post-index.js';
import { ErasureRows, PhotoRows, PostRows, type Tx } from '@app/storage';

/** Deletes posts and photos: their rows now, dependent data later, by outbox. */
@Injectable()
export class Removal {
  constructor(
    private readonly posts: PostRows,
    private readonly photos: PhotoRows,
    private readonly deletions: ErasureRows,
    private readonly index: PostIndex,
  ) {}

  /** Deletes the author's post with its photos; false when there is none. */
  async post(tx: Tx, author: Id, id: Id): Promise<boolean> {
    const post = await this.posts.lock(tx, id);
    if (post?.author_id !== author) return false;
    const photos = (await this.photos.ofPosts(tx, [id])).get(id) ?? [];
    await this.posts.remove(tx, id);
    await this.index.update(tx, post, null);
    await this.deletions.record(tx, author, [id]);
    await this.discard(
      tx,
      author,
      photos.map((photo) => photo.id),
    );
    if (post.state === 'published' && !post.archived) await tx.count('user.posts', author, -1);
    await tx.effect('post.forget', id);
    await tx.effect('notify.post', id);
    return true;
  }

  /** Removes photos that no post shows. */
  async discard(tx: Tx, owner: Id, photoIds: readonly Id[]): Promise<void> {
    if (photoIds.length === 0) return;
    const trashed = await this.photos.discard(tx, photoIds);
    await this.deletions.record(tx, owner, photoIds);
    await tx.effect('photo.trash', ...trashed);
  }

  /** Whether this person deleted that post, photo or comment: then deleting it again succeeds. */
  async wasBy(person: Id, id: Id): Promise<boolean> {
    return this.deletions.isBy(person, id);
  }
}
