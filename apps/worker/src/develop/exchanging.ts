import { Injectable } from '@nestjs/common';
import {
  AttemptRows,
  PostRows,
  UserRows,
  type DevelopedFacts,
  type PhotoRow,
  type Settled,
  type Tx,
} from '@app/storage';

/** Finishes redeveloping a ready photo: it gets its new folder, or keeps its current one. */
@Injectable()
export class Exchanging {
  constructor(
    private readonly rows: AttemptRows,
    private readonly posts: PostRows,
    private readonly users: UserRows,
  ) {}

  /** The caller has locked the post. `facts`: null when nothing newer could be made. */
  async end(tx: Tx, photo: PhotoRow, facts: DevelopedFacts | null): Promise<Settled | null> {
    const { next_folder } = photo;
    if (next_folder === null) return null;
    const remade = { ...photo, next_folder };
    // Locks the user before the photo, in the same order as a change of avatar.
    await this.users.lock(tx, photo.owner_id);
    const settled = await (facts ? this.rows.exchange(tx, remade, facts) : this.rows.keep(tx, remade));
    if (!settled) return null;
    if (facts) {
      await this.rows.serveOn(tx, photo.id, photo.folder);
      await this.show(tx, photo, next_folder, settled);
    } else await tx.effect('photo.trash', await this.rows.trash(tx, photo.id, next_folder));
    return settled;
  }

  /** Replaces cached addresses of the old folder with the new ones. */
  private async show(
    tx: Tx,
    { id }: PhotoRow,
    folder: string,
    { owner_id, post_id }: Settled,
  ): Promise<void> {
    if (await this.rows.showAsAvatar(tx, owner_id, id, folder)) await tx.effect('user.changed', owner_id);
    if (post_id === null) return;
    await this.posts.touch(tx, post_id);
    await tx.effect('post.changed', post_id);
  }
}
