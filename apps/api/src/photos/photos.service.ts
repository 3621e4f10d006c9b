import { Injectable } from '@nestjs/common';
import { problem, type Id } from '@app/platform';
import { PhotoRows, PostRows, UnitOfWork } from '@app/storage';
import { Removal, UploadCompletion } from '@app/domain';
import type { PhotoChange } from './photos.schemas.js';

/** An owner's operations on uploaded photos. */
@Injectable()
export class PhotosService {
  constructor(
    private readonly rows: PhotoRows,
    private readonly posts: PostRows,
    private readonly work: UnitOfWork,
    private readonly removal: Removal,
    private readonly uploads: UploadCompletion,
  ) {}

  /** @throws Problem 404 unless the photo is the caller's own */
  async change(owner: Id, id: Id, { altText }: PhotoChange): Promise<void> {
    const text = altText === undefined ? null : (altText ?? '');
    await this.work.run(async (tx) => {
      const photo = await this.rows.changeAltText(tx, id, owner, text);
      if (!photo) throw problem('not_found');
      if (photo.post_id === null) return;
      await this.posts.touch(tx, photo.post_id);
      await tx.effect('post.changed', photo.post_id);
    });
  }

  /** Deletes an unposted photo, or ends its direct upload. Idempotent. @throws Problem 404, or 409 while a post or a profile shows it */
  async remove(owner: Id, id: Id): Promise<void> {
    const removed = await this.work.run(async (tx) => {
      const avatar = await this.rows.avatarOf(tx, owner);
      const photo = (await this.rows.lockMany(tx, owner, [id])).get(id);
      if (!photo) return false;
      if (photo.post_id !== null || avatar === id) throw problem('photo_in_use');
      await this.removal.discard(tx, owner, [id]);
      return true;
    });
    if (removed || (await this.uploads.endDirect(owner, id))) return;
    if (!(await this.removal.wasBy(owner, id))) throw problem('not_found');
  }
}
