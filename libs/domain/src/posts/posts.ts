import { Injectable } from '@nestjs/common';
import { counter, placeAt, problem, type Id } from '@app/platform';
import {
  PhotoRows,
  PostRows,
  UnitOfWork,
  type Origin,
  type PhotoRow,
  type PostFields,
  type PostRow,
  type PostState,
  type TextEntity,
  type Tx,
} from '@app/storage';
import { assertPublished } from './post-access.js';
import { PostIndex } from './post-index.js';
import { Removal } from './removal.js';
import { TextEntities } from './text-entities.js';

/** An author's changes of a post: an absent field stays, null clears. */
export interface PostContent {
  caption?: string | null | undefined;
  place?:
    | { name: string; latitude?: number | null | undefined; longitude?: number | null | undefined }
    | null
    | undefined;
  sensitive?: boolean | undefined;
  contentWarning?: string | null | undefined;
  commentsClosed?: boolean | undefined;
}

/** Posts: made of photos, published once these are ready, changed, archived and deleted by their author. */
@Injectable()
export class Posts {
  constructor(
    private readonly rows: PostRows,
    private readonly photos: PhotoRows,
    private readonly index: PostIndex,
    private readonly entities: TextEntities,
    private readonly removal: Removal,
    private readonly work: UnitOfWork,
  ) {}

  /** The content under its columns' names, with the caption's hashtags and mentions. Reads, so it runs before the transaction. */
  async fieldsOf(author: Id, content: PostContent, before: PostRow | null = null): Promise<PostFields> {
    const { caption, place, sensitive, contentWarning, commentsClosed } = content;
    return {
      ...(caption === undefined ? {} : await this.captionFields(author, caption ?? '', before)),
      ...(place === undefined
        ? {}
        : {
            place_name: place?.name ?? null,
            latitude: place?.latitude ?? null,
            longitude: place?.longitude ?? null,
          }),
      ...(sensitive === undefined ? {} : { sensitive }),
      ...(contentWarning === undefined ? {} : { content_warning: contentWarning }),
      ...(commentsClosed === undefined ? {} : { comments_closed: commentsClosed }),
    };
  }

  private async captionFields(
    author: Id,
    caption: string,
    before: PostRow | null,
  ): Promise<{ caption: string; caption_entities: TextEntity[] }> {
    const earlier = before && { text: before.caption, entities: before.caption_entities };
    return { caption, caption_entities: await this.entities.of(caption, author, earlier) };
  }

  /** The fields of a post from elsewhere, first shown there at `takenAt`. Its mentions are of people there, so they stay plain text. */
  async importedFieldsOf(author: Id, content: PostContent, takenAt: Date, nth: number): Promise<PostFields> {
    const fields = await this.fieldsOf(author, content);
    const entities = (fields.caption_entities ?? []).filter(({ type }) => type === 'hashtag');
    return {
      ...fields,
      caption_entities: entities,
      taken_at: takenAt,
      listed_as: placeAt(takenAt.getTime(), nth),
    };
  }

  /** Published at once where its photos are ready. @throws Problem 422 for a photo that cannot be posted */
  async create(
    tx: Tx,
    author: Id,
    photoIds: readonly Id[],
    fields: PostFields,
  ): Promise<{ id: Id; state: PostState | null }> {
    const avatar = await this.photos.avatarOf(tx, author);
    const found = await this.photos.lockMany(tx, author, photoIds);
    for (const photoId of photoIds) assertPostable(photoId, found.get(photoId), avatar);
    const id = await this.rows.insert(tx, author, fields);
    await this.photos.attach(tx, id, photoIds);
    const state = await this.settle(tx, id);
    await tx.effectOn('post.changed', id, author);
    return { id, state };
  }

  /**
   * Decides the state of a post that waits for its photos: when it is made, and whenever one of its photos settles. The
   * caller holds the post's lock, so that when two photos settle at once the second sees the first.
   */
  async settle(tx: Tx, id: Id): Promise<PostState | null> {
    const post = await this.rows.lock(tx, id);
    if (post?.state !== 'publishing') return post?.state ?? null;
    const photos = (await this.photos.ofPosts([id], tx)).get(id) ?? [];
    const rejected = photos.find(({ state }) => state === 'rejected');
    if (rejected) return this.fail(tx, post, rejected, photos);
    if (photos.length === 0 || photos.some(({ state }) => state !== 'ready')) return 'publishing';
    const counts = await this.rows.publish(tx, id, post.author_id);
    await this.index.update(tx, null, { ...post, state: 'published' });
    await tx.count('user.posts', post.author_id, 1);
    if (post.taken_at !== null) return 'published';
    await tx.effect('post.deliver', id);
    if (post.caption_entities.length > 0) await tx.effect('notify.mentions', id);
    tx.tell({ kind: 'post', to: post.author_id, id, state: 'published' });
    if (counts) tx.afterCommit(() => counter('narwhal_posts_published_total').inc());
    return 'published';
  }

  private async fail(
    tx: Tx,
    post: PostRow,
    rejected: PhotoRow,
    photos: readonly PhotoRow[],
  ): Promise<PostState> {
    const failure = { code: rejected.rejection ?? 'photo_damaged', photoId: rejected.id };
    await this.rows.fail(
      tx,
      post.id,
      failure,
      photos.map(({ id }) => id),
    );
    await this.photos.detach(tx, post.id);
    await tx.effect('post.changed', post.id);
    tx.tell({ kind: 'post', to: post.author_id, id: post.id, state: 'failed' });
    return 'failed';
  }

  /** `photoIds`: all that remain, in their new order; `from`: who sent this. */
  async change(
    author: Id,
    id: Id,
    { photoIds, ...content }: PostContent & { photoIds?: readonly Id[] | undefined },
    from: Origin,
  ): Promise<void> {
    const fields = await this.fieldsOf(author, content, await this.rows.find(id));
    await this.work.run(async (tx) => {
      const post = await this.lockOwn(tx, author, id);
      const isArranged = photoIds !== undefined && (await this.arrange(tx, post, photoIds, from));
      if (!isArranged && Object.keys(fields).length === 0) return;
      await this.rows.change(tx, id, fields, isArranged);
      await this.index.update(tx, post, { ...post, ...fields });
      if (fields.caption !== undefined && post.taken_at === null) await tx.effect('notify.mentions', id);
      await tx.effect('post.changed', id);
    });
  }

  /** Puts a post's photos into this order, and deletes those that are left out. False if it shows them so already. */
  private async arrange(tx: Tx, post: PostRow, photoIds: readonly Id[], from: Origin): Promise<boolean> {
    assertPublished(post.state);
    const before = ((await this.photos.ofPosts([post.id], tx)).get(post.id) ?? []).map(({ id }) => id);
    const added = photoIds.find((id) => !before.includes(id));
    if (added !== undefined) throw problem('photo_not_in_post', { params: { photoId: added } });
    if (photoIds.join() === before.join()) return false;
    await this.photos.attach(tx, post.id, photoIds);
    const left = before.filter((id) => !photoIds.includes(id));
    await this.removal.discard(tx, post.author_id, left, from);
    return true;
  }

  /** Hides a published post from everybody but its author, or restores it with its likes and comments. Idempotent. */
  async archive(author: Id, id: Id, archived: boolean): Promise<void> {
    await this.work.run(async (tx) => {
      const post = await this.lockOwn(tx, author, id);
      assertPublished(post.state);
      if (post.archived === archived) return;
      await this.rows.archive(tx, id, archived);
      await this.index.update(tx, post, { ...post, archived });
      await tx.count('user.posts', author, archived ? -1 : 1);
      await tx.effectOn('post.changed', id, author);
      await tx.effect('notify.post', id);
      // Feeds that were built while it was archived do not contain it.
      if (!archived && post.taken_at === null) await tx.effect('post.deliver', id);
    });
  }

  /** Deletes a post and its photos. Idempotent. @throws Problem 404 unless the post is the author's own */
  async remove(author: Id, id: Id, from: Origin): Promise<void> {
    if (!(await this.erase(author, id, from)) && !(await this.removal.wasBy(author, id)))
      throw problem('not_found');
  }

  /** Deletes the author's post with its photos: the rows now, dependent data later, by outbox. False when there is none. */
  async erase(author: Id, id: Id, from: Origin | null): Promise<boolean> {
    return this.work.run(async (tx) => {
      const post = await this.rows.lock(tx, id);
      if (post?.author_id !== author) return false;
      const photos = (await this.photos.ofPosts([id], tx)).get(id) ?? [];
      await this.rows.remove(tx, id);
      await this.index.update(tx, post, null);
      await this.removal.recordPost(tx, author, id, from);
      await this.removal.discard(
        tx,
        author,
        photos.map((photo) => photo.id),
      );
      if (post.state === 'published' && !post.archived) await tx.count('user.posts', author, -1);
      await tx.effect('post.forget', id);
      await tx.effect('notify.post', id);
      return true;
    });
  }

  private async lockOwn(tx: Tx, author: Id, id: Id): Promise<PostRow> {
    const post = await this.rows.lock(tx, id);
    if (post?.author_id !== author) throw problem('not_found');
    return post;
  }
}

function assertPostable(photoId: Id, photo: PhotoRow | undefined, avatar: Id | null): void {
  if (!photo) throw problem('photo_not_found', { params: { photoId } });
  if (photo.state === 'rejected')
    throw problem('photo_rejected', { params: { photoId, reason: photo.rejection } });
  if (photo.post_id !== null || photoId === avatar)
    throw problem('photo_already_posted', { params: { photoId } });
}
