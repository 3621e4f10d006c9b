import { Injectable } from '@nestjs/common';
import { counter, type Id } from '@app/platform';
import { PostIndex } from './post-index.js';
import { PhotoRows, PostRows, type PostState, type Tx } from '@app/storage';

/**
 * Decides the state of a post that waits for its photos. The api calls it when it makes the post, a worker whenever it
 * settles one of its photos; the caller holds the post's lock, so that when two photos settle at once the second sees the
 * first.
 */
@Injectable()
export class Publishing {
  constructor(
    private readonly posts: PostRows,
    private readonly photos: PhotoRows,
    private readonly index: PostIndex,
  ) {}

  async settle(tx: Tx, postId: Id): Promise<PostState | null> {
    const post = await this.posts.lock(tx, postId);
    if (post?.state !== 'publishing') return post?.state ?? null;
    const photos = (await this.photos.ofPosts(tx, [postId])).get(postId) ?? [];
    const rejected = photos.find(({ state }) => state === 'rejected');
    if (rejected) {
      const failure = { code: rejected.rejection ?? 'photo_damaged', photoId: rejected.id };
      await this.posts.fail(
        tx,
        postId,
        failure,
        photos.map(({ id }) => id),
      );
      await this.photos.detach(tx, postId);
      await tx.effect('post.changed', postId);
      tx.tell({ kind: 'post', to: post.author_id, id: postId, state: 'failed' });
      return 'failed';
    }
    if (photos.length === 0 || photos.some(({ state }) => state !== 'ready')) return 'publishing';
    const counts = await this.posts.publish(tx, postId, post.author_id);
    await this.index.update(tx, null, { ...post, state: 'published' });
    await tx.count('user.posts', post.author_id, 1);
    await tx.effect('post.deliver', postId);
    if (post.caption_entities.length > 0) await tx.effect('notify.mentions', postId);
    tx.tell({ kind: 'post', to: post.author_id, id: postId, state: 'published' });
    if (counts) tx.afterCommit(() => counter('narwhal_posts_published_total').inc());
    return 'published';
  }
}
