import { Injectable } from '@nestjs/common';
import { counter, type Id } from '@app/platform';
import { LikeRows, type LikeOf, PostRows, type HeldPost, type Tx } from '@app/storage';
import { Visibility, type Relation } from '../visibility/visibility.js';

/** A person likes or unlikes a post. */
export interface LikeWish extends LikeOf {
  liked: boolean;
}

/**
 * `done`; `hidden`: a refused like, since this person cannot see the post, or an unlike of such a post; `busy`: another
 * transaction has locked the post, or it is gone, and nothing was done.
 */
export type LikeOutcome = 'done' | 'hidden' | 'busy';

/** Adds and removes likes, many in one transaction: both ends' rows, the posts' counts, and the notifications. */
@Injectable()
export class Liking {
  constructor(
    private readonly rows: LikeRows,
    private readonly posts: PostRows,
    private readonly visibility: Visibility,
  ) {}

  /**
   * Carries out the wishes, no two of the same person and post; returns one outcome each. With `wait` it waits for locked
   * posts, and none is `busy`.
   */
  async carryOut(tx: Tx, wishes: readonly LikeWish[], { wait }: { wait: boolean }): Promise<LikeOutcome[]> {
    const posts = await this.posts.holdMany(tx, [...new Set(wishes.map(({ post }) => post))], { wait });
    const outcomes = await this.judge(tx, wishes, posts, wait);
    const may = wishes.filter(
      ({ liked }, index) => outcomes[index] === 'done' || (!liked && outcomes[index] === 'hidden'),
    );
    await this.begin(
      tx,
      may.filter(({ liked }) => liked),
    );
    await this.end(
      tx,
      may.filter(({ liked }) => !liked),
    );
    return outcomes;
  }

  /** Removes likes, also of posts hidden from the person. */
  async end(tx: Tx, likes: readonly LikeOf[]): Promise<void> {
    const taken = await this.rows.unlike(tx, likes);
    const counted = taken.flatMap((like) => (like.counted ? [like.post] : []));
    await tx.countEach('post.likes', counted, -1);
  }

  private async begin(tx: Tx, likes: readonly LikeOf[]): Promise<void> {
    // All likes before all unlikes: unlikes lock last, so no two transactions wait for each other.
    const made = await this.rows.like(tx, likes);
    const posts = made.map(({ post }) => post);
    await Promise.all([this.rows.likeAtPosts(tx, made), tx.countEach('post.likes', posts, 1)]);
    tx.afterCommit(() => counter('narwhal_likes_total').inc(made.length));
  }

  private async judge(
    tx: Tx,
    wishes: readonly LikeWish[],
    posts: ReadonlyMap<Id, HeldPost>,
    wait: boolean,
  ): Promise<LikeOutcome[]> {
    const there = wishes.flatMap(({ user, post }) => {
      const held = posts.get(post);
      return held ? [{ viewer: user, other: held.author_id }] : [];
    });
    const relations = (await this.visibility.relationsOf(there, tx)).values();
    return wishes.map(({ post, liked }) => {
      const held = posts.get(post);
      if (!held) return wait ? 'hidden' : 'busy';
      const relation = relations.next().value as Relation;
      const owner = { id: held.author_id, private: held.private, closed_at: held.closed_at };
      const isShown = this.visibility.maySeePost(held, owner, relation);
      return isShown && (!liked || held.state === 'published') ? 'done' : 'hidden';
    });
  }
}
