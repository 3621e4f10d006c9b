import { Injectable } from '@nestjs/common';
import { problem, type Id } from '@app/platform';
import { PostRows, UserRows, type HeldPost, type PostRow, type Tx } from '@app/storage';
import { stranger, Visibility } from '../visibility/visibility.js';

/** An own post that is still publishing cannot be used yet, and one that failed never can. @throws Problem 409 */
export function assertPublished(state: PostRow['state']): void {
  if (state === 'published') return;
  throw problem('post_not_published', {
    params: { state },
    headers: state === 'publishing' ? { 'retry-after': '1' } : {},
  });
}

/** Decides by its rows who may see and use a post. */
@Injectable()
export class PostAccess {
  constructor(
    private readonly posts: PostRows,
    private readonly users: UserRows,
    private readonly visibility: Visibility,
  ) {}

  /** Those of these posts that the viewer may see. */
  async visible(ids: readonly Id[], viewer: Id | null): Promise<Set<Id>> {
    const posts = [...(await this.posts.findMany([...new Set(ids)])).values()];
    const authorIds = posts.map((post) => post.author_id);
    const [authors, relations] = await Promise.all([
      this.users.findMany(authorIds),
      this.visibility.relations(viewer, authorIds),
    ]);
    const seen = posts.filter((post) => {
      const author = authors.get(post.author_id);
      return author && this.visibility.maySeePost(post, author, relations.get(author.id) ?? stranger);
    });
    return new Set(seen.map(({ id }) => id));
  }

  /**
   * The post, which nobody can delete until the transaction ends. A check before the transaction may be outdated by then, and
   * may have read a replica that is just being promoted. @throws Problem 404; 409 for an own post that is not published
   */
  async hold(tx: Tx, id: Id, viewer: Id): Promise<HeldPost> {
    const held = (await this.posts.holdMany(tx, [id], { wait: true })).get(id);
    if (!held) throw problem('not_found');
    const { author_id, private: isPrivate, closed_at } = held;
    const relation = await this.visibility.relation(viewer, author_id, tx);
    if (!this.visibility.maySeePost(held, { id: author_id, private: isPrivate, closed_at }, relation))
      throw problem('not_found');
    assertPublished(held.state);
    return held;
  }

  async isBy(tx: Tx, person: Id, id: Id): Promise<boolean> {
    return (await this.posts.find(id, tx))?.author_id === person;
  }
}
