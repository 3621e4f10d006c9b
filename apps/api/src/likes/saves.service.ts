import { Injectable } from '@nestjs/common';
import { isId, problem, type Id } from '@app/platform';
import { LikedSavedCache } from '@app/feed';
import { CollectionRows, LikeRows, UnitOfWork, type Tx } from '@app/storage';
import { PostReading } from '../posts/post-reading.service.js';
import { PostView } from '../posts/post-view.js';

/** Saving. Taking back works on posts that one can no longer see, too. */
@Injectable()
export class SavesService {
  constructor(
    private readonly rows: LikeRows,
    private readonly view: PostView,
    private readonly collections: CollectionRows,
    private readonly work: UnitOfWork,
    private readonly marks: LikedSavedCache,
    private readonly reading: PostReading,
  ) {}

  /** `also` is done in the same transaction: what it refuses is not saved. */
  async save(user: Id, post: Id, also?: (tx: Tx) => Promise<void>): Promise<string> {
    if (!isId(post)) throw problem('not_found');
    await this.marks.change(user, 'saved', post, true, () =>
      this.work.run(async (tx) => {
        await this.reading.hold(tx, post, user);
        await this.rows.save(tx, user, post);
        await also?.(tx);
      }),
    );
    const shown = await this.view.showMarked(post, user, 'saved', true);
    // Deleted since, and the save with it.
    if (!shown) throw problem('not_found');
    return shown.json;
  }

  /** Null where the post can no longer be seen. */
  async unsave(user: Id, post: Id): Promise<string | null> {
    if (!isId(post)) throw problem('not_found');
    await this.marks.change(user, 'saved', post, false, () =>
      this.work.run(async (tx) => {
        await this.rows.unsave(tx, user, post);
        await this.collections.takeFromAll(tx, user, post);
      }),
    );
    const [found] = await this.reading.visible([post], user);
    return found?.json ?? null;
  }
}
