import { Injectable } from '@nestjs/common';
import { isId, problem, type Id } from '@app/platform';
import {
  PhotoRows,
  PostRows,
  Publishing,
  Removal,
  UnitOfWork,
  type PhotoRow,
  type PostFields,
  type Tx,
} from '@app/storage';
import type { Made } from '../http/idempotency.js';
import { PostCaches } from './post-caches.js';
import type { NewPost, PostChange } from './posts.schemas.js';

/** Making, changing and deleting posts. */
@Injectable()
export class PostsService {
  constructor(
    private readonly posts: PostRows,
    private readonly photos: PhotoRows,
    private readonly publishing: Publishing,
    private readonly work: UnitOfWork,
    private readonly removal: Removal,
    private readonly caches: PostCaches,
  ) {}

  /** 201 when its photos are ready, 202 while they are not. @throws Problem 422 for a photo that cannot be posted */
  async create(tx: Tx, author: Id, input: NewPost): Promise<Made> {
    const avatar = await this.photos.avatarOf(tx, author);
    const found = await this.photos.lockMany(tx, author, input.photoIds);
    for (const photoId of input.photoIds) assertPostable(photoId, found.get(photoId), avatar);
    const id = await this.posts.insert(tx, author, fieldsOf(input));
    await this.photos.attach(tx, id, input.photoIds);
    const state = await this.publishing.settle(tx, id);
    await tx.effect('post.changed', id);
    return { status: state === 'published' ? 201 : 202, id };
  }

  /** After the commit: the author's own next read of their feed shows the post. */
  async showToAuthor(author: Id, post: Id): Promise<void> {
    await this.caches.inserted(author, post);
  }

  async change(author: Id, id: Id, input: PostChange): Promise<void> {
    await this.work.run(async (tx) => {
      const post = isId(id) ? await this.posts.lock(tx, id) : null;
      if (post?.author_id !== author) throw problem('not_found');
      await this.posts.change(tx, id, fieldsOf(input));
      if (input.caption !== undefined) await tx.effect('notify.mentions', id);
      await tx.effect('post.changed', id);
    });
    await this.caches.changed(id);
  }

  /** Hides a published post from everybody but its author, or brings it back with its likes and comments. May be repeated. */
  async archive(author: Id, id: Id, archived: boolean): Promise<void> {
    await this.work.run(async (tx) => {
      const post = isId(id) ? await this.posts.lock(tx, id) : null;
      if (post?.author_id !== author || post.state !== 'published') throw problem('not_found');
      if (post.archived === archived) return;
      await this.posts.archive(tx, id, archived);
      await tx.count('user.posts', author, archived ? -1 : 1);
      await tx.effect('post.changed', id);
      await tx.effect('notify.post', id);
      // Feeds that were built meanwhile do not have it.
      if (!archived) await tx.effect('post.deliver', id);
    });
    await this.caches.changed(id);
  }

  /** Deletes a post and its photos; again: succeeds again. @throws Problem 404 for what is not one's own */
  async remove(author: Id, id: Id): Promise<void> {
    if (!isId(id)) throw problem('not_found');
    const removed = await this.work.run((tx) => this.removal.post(tx, author, id));
    if (removed) await this.caches.gone(id);
    else if (!(await this.removal.wasBy(author, id))) throw problem('not_found');
  }
}

function assertPostable(photoId: Id, photo: PhotoRow | undefined, avatar: Id | null): void {
  if (!photo) throw problem('photo_not_found', { params: { photoId } });
  if (photo.state === 'rejected')
    throw problem('photo_rejected', { params: { photoId, reason: photo.rejection } });
  if (photo.post_id !== null || photoId === avatar)
    throw problem('photo_already_posted', { params: { photoId } });
}

function fieldsOf(input: Omit<NewPost, 'photoIds'> | PostChange): PostFields {
  const { caption, place, sensitive, contentWarning, commentsClosed } = input as PostChange;
  return {
    ...(caption === undefined ? {} : { caption: caption ?? '' }),
    ...(place === undefined ? {} : placeFields(place)),
    ...(sensitive === undefined ? {} : { sensitive }),
    ...(contentWarning === undefined ? {} : { content_warning: contentWarning }),
    ...(commentsClosed === undefined ? {} : { comments_closed: commentsClosed }),
  };
}

function placeFields(place: NonNullable<PostChange['place']> | null): PostFields {
  return {
    place_name: place?.name ?? null,
    latitude: place?.latitude ?? null,
    longitude: place?.longitude ?? null,
  };
}
