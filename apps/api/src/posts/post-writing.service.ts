import { Injectable } from '@nestjs/common';
import { problem, type Id } from '@app/platform';
import { PhotoRows, PostRows, type PhotoRow, type Tx } from '@app/storage';
import { Publishing } from '@app/domain';
import type { Made } from '../http/idempotency.js';
import { TextEntities } from '../texts/text-entities.js';
import { fieldsOf, type Written } from './post-fields.js';
import type { NewPost, PostChange } from './posts.schemas.js';

/** Creates posts from photos. */
@Injectable()
export class PostWriting {
  constructor(
    private readonly posts: PostRows,
    private readonly photos: PhotoRows,
    private readonly publishing: Publishing,
    private readonly entities: TextEntities,
  ) {}

  /** Adds the caption's hashtags and mentions, which are resolved before the transaction. */
  async read<Given extends NewPost | PostChange>(author: Id, input: Given): Promise<Given & Written> {
    if (input.caption === undefined) return input;
    return { ...input, entities: await this.entities.of(input.caption ?? '', author) };
  }

  /** Returns 201 when the photos are ready, otherwise 202. @throws Problem 422 for a photo that cannot be posted */
  async create(tx: Tx, author: Id, input: NewPost & Written): Promise<Made> {
    const avatar = await this.photos.avatarOf(tx, author);
    const found = await this.photos.lockMany(tx, author, input.photoIds);
    for (const photoId of input.photoIds) assertPostable(photoId, found.get(photoId), avatar);
    const id = await this.posts.insert(tx, author, fieldsOf(input));
    await this.photos.attach(tx, id, input.photoIds);
    const state = await this.publishing.settle(tx, id);
    await tx.effectOn('post.changed', id, author);
    return { status: state === 'published' ? 201 : 202, id };
  }
}

function assertPostable(photoId: Id, photo: PhotoRow | undefined, avatar: Id | null): void {
  if (!photo) throw problem('photo_not_found', { params: { photoId } });
  if (photo.state === 'rejected')
    throw problem('photo_rejected', { params: { photoId, reason: photo.rejection } });
  if (photo.post_id !== null || photoId === avatar)
    throw problem('photo_already_posted', { params: { photoId } });
}
