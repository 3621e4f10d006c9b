import { Injectable } from '@nestjs/common';
import { problem, type Id } from '@app/platform';
import { LikedSavedCache } from '@app/feed';
import { PostAccess } from '@app/domain';
import { CollectionRows, LikeRows, UnitOfWork, type Tx } from '@app/storage';
import { PostView } from '../posts/post-view.js';

/** Saves and unsaves posts. Unsaving also works on posts that the user can no longer see. */
@Injectable()
export class SavesService {
  constructor(
    private readonly rows: LikeRows,
    private readonly view: PostView,
    private readonly collections: CollectionRows,
    private readonly work: UnitOfWork,
    private readonly marks: LikedSavedCache,
    private readonly access: PostAccess,
  ) {}

  /** `also` runs in the same transaction: if it throws, nothing is saved. */
  async save(user: Id, post: Id, also?: (tx: Tx) => Promise<void>): Promise<string> {
    await this.marks.change(user, 'saved', post, true, () =>
      this.work.run(async (tx) => {
        await this.access.hold(tx, post, user);
        await this.rows.save(tx, user, post);
        await also?.(tx);
      }),
    );
    const shown = await this.view.showMarked(post, user, 'saved', true);
    // The post was deleted since, and the save with it.
    if (!shown) throw problem('not_found');
    return shown.json;
  }

  /** Returns null when the post is no longer visible. */
  async unsave(user: Id, post: Id): Promise<string | null> {
    await this.marks.change(user, 'saved', post, false, () =>
      this.work.run(async (tx) => {
        await this.rows.unsave(tx, user, post);
        await this.collections.takeFromAll(tx, user, post);
      }),
    );
    if (!(await this.access.visible([post], user)).has(post)) return null;
    return (await this.view.showMarked(post, user, 'saved', false))?.json ?? null;
  }
}
