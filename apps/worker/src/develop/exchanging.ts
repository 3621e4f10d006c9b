import { Injectable } from '@nestjs/common';
import {
  PostRows,
  RemakeRows,
  UserRows,
  type DevelopedFacts,
  type PhotoRow,
  type Settled,
  type Tx,
} from '@app/storage';

/** The end of making a ready photo's renditions anew: it gets its new folder, or keeps the one that it has. */
@Injectable()
export class Exchanging {
  constructor(
    private readonly rows: RemakeRows,
    private readonly posts: PostRows,
    private readonly users: UserRows,
  ) {}

  /** Its post is locked already. `facts`: null where nothing newer could be made. */
  async end(tx: Tx, photo: PhotoRow, facts: DevelopedFacts | null): Promise<Settled | null> {
    const { next_folder } = photo;
    if (next_folder === null) return null;
    const remade = { ...photo, next_folder };
    // Before the photo's row, as whoever changes their picture does.
    await this.users.lock(tx, photo.owner_id);
    const settled = await (facts ? this.rows.exchange(tx, remade, facts) : this.rows.keep(tx, remade));
    if (!settled) return null;
    if (facts) {
      await this.rows.serveOn(tx, photo.id, photo.folder);
      await this.show(tx, photo, next_folder, settled);
    } else await tx.effect('photo.trash', await this.rows.trash(tx, photo.id, next_folder));
    return settled;
  }

  /** Whoever has cached an address of the old folder gets the new one. */
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
