import { Injectable } from '@nestjs/common';
import { problem, type Id } from '@app/platform';
import { LikedSavedCache } from '@app/feed';
import { PostReading } from '../posts/post-reading.service.js';
import { PostView } from '../posts/post-view.js';
import { LikeBatches } from './like-batches.js';

/** Likes and unlikes posts. Unliking also works on posts that the user can no longer see. */
@Injectable()
export class LikesService {
  constructor(
    private readonly batches: LikeBatches,
    private readonly marks: LikedSavedCache,
    private readonly view: PostView,
    private readonly reading: PostReading,
  ) {}

  /** @throws Problem 404 for a post that is missing or that this person may not see; 409 for an own post that is not published */
  async like(user: Id, post: Id): Promise<string> {
    const carryOut = () => this.batches.carryOut({ user, post, liked: true });
    await this.marks.change(user, 'liked', post, true, async () => {
      if ((await carryOut()) !== 'hidden') return;
      // Throws the reason. If it does not throw, the post has just been published.
      await this.reading.published(post, user);
      if ((await carryOut()) === 'hidden') throw problem('not_found');
    });
    const json = await this.shown(post, user, true);
    if (json === null) throw problem('not_found');
    return json;
  }

  /** Returns null when the post is no longer visible. */
  async unlike(user: Id, post: Id): Promise<string | null> {
    const outcome = await this.marks.change(user, 'liked', post, false, () =>
      this.batches.carryOut({ user, post, liked: false }),
    );
    return outcome === 'hidden' ? null : this.shown(post, user, false);
  }

  /** The transaction has already checked visibility. Returns null when the post was deleted since. */
  private async shown(post: Id, user: Id, liked: boolean): Promise<string | null> {
    return (await this.view.showMarked(post, user, 'liked', liked))?.json ?? null;
  }
}
