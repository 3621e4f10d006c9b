import { Injectable } from '@nestjs/common';
import { problem, type Id } from '@app/platform';
import { PhotoRows, UnitOfWork, UserRows, type PhotoRow, type Tx } from '@app/storage';
import { Removal } from '@app/domain';
import type { Me } from '../users/users.schemas.js';
import { UsersService } from '../users/users.service.js';

/** Turns a photo into its owner's avatar. It can no longer be posted, and is deleted when another avatar replaces it. */
@Injectable()
export class AvatarService {
  constructor(
    private readonly users: UsersService,
    private readonly photos: PhotoRows,
    private readonly rows: UserRows,
    private readonly removal: Removal,
    private readonly work: UnitOfWork,
  ) {}

  async change(userId: Id, photoId: Id | null): Promise<Me> {
    await this.work.run(async (tx) => {
      const user = await this.rows.lock(tx, userId);
      if (!user || user.closed_at !== null) throw problem('session_ended');
      if (user.avatar_photo_id === photoId) return;
      const folder = photoId === null ? null : usable(photoId, await this.lock(tx, userId, photoId)).folder;
      await this.rows.change(tx, userId, { avatar_folder: folder, avatar_photo_id: photoId });
      await tx.effect('user.changed', userId);
      if (user.avatar_photo_id !== null) {
        await this.removal.discard(tx, userId, [user.avatar_photo_id]);
      }
    });
    return this.users.me(userId);
  }

  private async lock(tx: Tx, owner: Id, photoId: Id): Promise<PhotoRow | undefined> {
    return (await this.photos.lockMany(tx, owner, [photoId])).get(photoId);
  }
}

function usable(photoId: Id, photo: PhotoRow | undefined): PhotoRow {
  if (!photo) throw problem('photo_not_found', { params: { photoId } });
  if (photo.state === 'rejected')
    throw problem('photo_rejected', { params: { photoId, reason: photo.rejection } });
  if (photo.post_id !== null) throw problem('photo_already_posted', { params: { photoId } });
  if (photo.state !== 'ready')
    throw problem('photo_not_ready', { params: { photoId }, headers: { 'retry-after': '1' } });
  return photo;
}
