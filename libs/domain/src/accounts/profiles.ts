import { Injectable } from '@nestjs/common';
import { limits, problem, type Id } from '@app/platform';
import {
  AuditRows,
  lockAccount,
  PhotoRows,
  UnitOfWork,
  UserRows,
  type Origin,
  type PhotoRow,
  type ProfileChange,
  type Tx,
  type UserRow,
} from '@app/storage';
import { Removal } from '../posts/removal.js';
import { Relations } from '../relations/relations.js';

/** Requests that are accepted while their owner waits. */
const ACCEPTED_AT_ONCE = 200;

/** A person's changes of their profile: an absent field stays, null clears. */
export interface ProfileInput {
  displayName?: string | null | undefined;
  bio?: string | null | undefined;
  website?: string | null | undefined;
  private?: boolean | undefined;
  username?: string | undefined;
  locale?: string | null | undefined;
}

/** A username that was given up since then is still kept for whoever had it. */
export const namesKeptSince = (): Date => new Date(Date.now() - limits.user.usernameKeptFor * 1_000);

/** Changes a profile, and everything that depends on it. */
@Injectable()
export class Profiles {
  constructor(
    private readonly rows: UserRows,
    private readonly relations: Relations,
    private readonly photos: PhotoRows,
    private readonly removal: Removal,
    private readonly audit: AuditRows,
    private readonly work: UnitOfWork,
  ) {}

  /** @throws Problem 409 `username_taken` */
  async change(userId: Id, input: ProfileInput, from: Origin): Promise<void> {
    await this.work.run(async (tx) => {
      if (input.private !== undefined) await lockAccount(tx, userId);
      const before = await this.lock(tx, userId);
      const { username } = input;
      if (username !== undefined && username !== before.username) {
        if (!(await this.rows.claimUsername(tx, username, userId, namesKeptSince())))
          throw problem('username_taken');
        await this.rows.giveUpUsername(tx, before.username, userId);
        const names = { before: before.username, after: username };
        await this.audit.record(tx, 'username.changed', userId, from, names);
      }
      await this.rows.change(tx, userId, columnsOf(input));
      if ((input.private ?? before.private) !== before.private) await this.privacyChanged(tx, before);
      await tx.effect('user.changed', userId);
    });
  }

  /** Going public accepts all pending requests: the first ones now, the rest in the worker. */
  private async privacyChanged(tx: Tx, before: UserRow): Promise<void> {
    const { id } = before;
    if (before.private && (await this.relations.acceptMany(tx, id, ACCEPTED_AT_ONCE)) === ACCEPTED_AT_ONCE)
      await tx.effect('requests.accept', id);
    await tx.effect('privacy.changed', id);
    await tx.effect('notify.privacy', id);
  }

  /** Uses a photo as avatar: it can no longer be posted, and is deleted when another avatar replaces it. Null takes it away. */
  async changeAvatar(userId: Id, photoId: Id | null, from: Origin): Promise<void> {
    await this.work.run(async (tx) => {
      const { avatar_photo_id: before } = await this.lock(tx, userId);
      if (before === photoId) return;
      const photo =
        photoId === null ? null : usable(photoId, await this.photos.lockMany(tx, userId, [photoId]));
      await this.rows.change(tx, userId, { avatar_folder: photo?.folder ?? null, avatar_photo_id: photoId });
      await tx.effect('user.changed', userId);
      if (before !== null) await this.removal.discard(tx, userId, [before], from);
    });
  }

  private async lock(tx: Tx, userId: Id): Promise<UserRow> {
    const user = await this.rows.lock(tx, userId);
    if (!user || user.closed_at !== null) throw problem('session_ended');
    return user;
  }
}

const columnsOf = ({
  displayName,
  bio,
  website,
  username,
  locale,
  ...input
}: ProfileInput): ProfileChange => ({
  ...(displayName === undefined ? {} : { display_name: displayName ?? '' }),
  ...(bio === undefined ? {} : { bio: bio ?? '' }),
  ...(website === undefined ? {} : { website: website || null }),
  ...(input.private === undefined ? {} : { private: input.private }),
  ...(username === undefined ? {} : { username }),
  ...(locale === undefined ? {} : { locale }),
});

function usable(photoId: Id, photos: ReadonlyMap<Id, PhotoRow>): PhotoRow {
  const photo = photos.get(photoId);
  if (!photo) throw problem('photo_not_found', { params: { photoId } });
  if (photo.state === 'rejected')
    throw problem('photo_rejected', { params: { photoId, reason: photo.rejection } });
  if (photo.post_id !== null) throw problem('photo_already_posted', { params: { photoId } });
  if (photo.state !== 'ready')
    throw problem('photo_not_ready', { params: { photoId }, headers: { 'retry-after': '1' } });
  return photo;
}
