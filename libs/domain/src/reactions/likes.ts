import { Injectable } from '@nestjs/common';
import { counter, type Id } from '@app/platform';
import { LikedSavedCache } from '@app/feed';
import {
  GroupCommit,
  LikeRows,
  type LikeOf,
  PostRows,
  type HeldPost,
  type Tx,
  UnitOfWork,
} from '@app/storage';
import { PostAccess } from '../posts/post-access.js';
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

/**
 * Likes of posts: both ends' rows, the posts' counts, and the notifications. Concurrent likes share a transaction, and each
 * gets its own outcome (docs/decisions/0036).
 */
@Injectable()
export class Likes {
  private readonly together = new GroupCommit<LikeWish, LikeOutcome>(
    (wishes) => this.work.run((tx) => this.carryOut(tx, wishes, { wait: false })),
    { nameOf: ({ user, post }) => `${user} ${post}` },
  );

  constructor(
    private readonly rows: LikeRows,
    private readonly posts: PostRows,
    private readonly access: PostAccess,
    private readonly visibility: Visibility,
    private readonly marks: LikedSavedCache,
    private readonly work: UnitOfWork,
  ) {}

  /** @throws Problem 404 for a post that is missing or that this person may not see; 409 for an own post that is not published */
  async like(user: Id, post: Id): Promise<void> {
    await this.marks.change(user, 'liked', post, true, async () => {
      if ((await this.together.add({ user, post, liked: true })) === 'done') return;
      // Alone: only likes of that post wait for its lock, and a refusal has its reason.
      await this.work.run(async (tx) => {
        await this.access.hold(tx, post, user);
        await this.begin(tx, [{ user, post }]);
      });
    });
  }

  /** Also of posts that the person can no longer see; whether they still see it. */
  unlike(user: Id, post: Id): Promise<boolean> {
    const wish = { user, post, liked: false };
    return this.marks.change(user, 'liked', post, false, async () => {
      let outcome = await this.together.add(wish);
      if (outcome === 'busy')
        [outcome = 'hidden'] = await this.work.run((tx) => this.carryOut(tx, [wish], { wait: true }));
      return outcome === 'done';
    });
  }

  /**
   * Carries out the wishes, no two of the same person and post; returns one outcome each. With `wait` it waits for locked
   * posts, and none is `busy`.
   */
  async carryOut(tx: Tx, wishes: readonly LikeWish[], { wait }: { wait: boolean }): Promise<LikeOutcome[]> {
    const posts = await this.posts.holdMany(tx, [...new Set(wishes.map(({ post }) => post))], { wait });
    const outcomes = await this.judge(tx, wishes, posts, wait);
    // All likes before all unlikes: unlikes lock last, so no two transactions wait for each other.
    await this.begin(
      tx,
      wishes.filter(({ liked }, index) => liked && outcomes[index] === 'done'),
    );
    await this.end(
      tx,
      wishes.filter(({ liked }, index) => !liked && outcomes[index] !== 'busy'),
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
