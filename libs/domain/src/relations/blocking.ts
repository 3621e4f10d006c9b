import { Injectable } from '@nestjs/common';
import type { Id } from '@app/platform';
import { Following } from './following.js';
import { lockPair, BlockRows, type Tx } from '@app/storage';

/** Posts (for their likes), and comments, that one transaction checks; the worker does the rest, in batches of the same size. */
const BATCH = 2_000;

/** The next batch begins at posts older than `before`. */
export interface NextBatch {
  before: Id;
}

/** Older than every post: only comments are left. */
const BELOW_ALL: Id = '0';

/**
 * Applies a block: ends follows both ways, and removes the blocked person's likes and comments from the blocker's posts.
 * The block's own row always decides whether such a row is hidden, so that every operation may run twice and in any
 * order.
 */
@Injectable()
export class Blocking {
  constructor(
    private readonly rows: BlockRows,
    private readonly following: Following,
  ) {}

  /** Run again, it ends any follow that still exists beside the block. */
  async block(tx: Tx, blocker: Id, blocked: Id): Promise<void> {
    await lockPair(tx, blocker, blocked);
    const isNew = await this.rows.block(tx, blocker, blocked);
    await this.endFollows(tx, blocker, blocked);
    if (isNew) await this.changed(tx, blocker, blocked);
  }

  async unblock(tx: Tx, blocker: Id, blocked: Id): Promise<void> {
    await lockPair(tx, blocker, blocked);
    if (!(await this.rows.unblock(tx, blocker, blocked))) return;
    await this.endFollows(tx, blocker, blocked);
    await this.changed(tx, blocker, blocked);
  }

  private async endFollows(tx: Tx, blocker: Id, blocked: Id): Promise<void> {
    await this.following.end(tx, blocker, blocked);
    await this.following.end(tx, blocked, blocker);
  }

  /** The worker checks again after the commit: the rows beyond a batch, and likes that were in progress. */
  private async changed(tx: Tx, blocker: Id, blocked: Id): Promise<void> {
    await this.settle(tx, blocker, blocked);
    await tx.effectOn('block.changed', blocker, blocked);
    await tx.effect('relations.changed', blocker, blocked);
    await tx.effectOn('notify.relation', blocker, blocked);
    await tx.effectOn('notify.relation', blocked, blocker);
  }

  /**
   * Hides or shows a batch as the block's row says, newest posts first; returns the start of the next batch, null after
   * the last. Batches are pages of posts, whether or not they change anything: of two concurrent runs neither ends early.
   */
  async settle(tx: Tx, blocker: Id, blocked: Id, from?: NextBatch): Promise<NextBatch | null> {
    const hidden = await this.rows.stands(tx, blocker, blocked);
    const delta = hidden ? -1 : 1;
    const page = { owner: blocker, actor: blocked, hidden, limit: BATCH };
    const likes = await this.rows.toggleLikes(tx, { ...page, before: from?.before ?? null });
    await tx.countEach('post.likes', likes.posts, delta);
    const { comments, more } = await this.rows.toggleComments(tx, page);
    await tx.effect('notify.mentions', ...comments.map(({ id }) => id));
    await tx.countEach(
      'post.comments',
      comments.map(({ post_id }) => post_id),
      delta,
    );
    await tx.countEach(
      'comment.replies',
      comments.flatMap(({ reply_to }) => reply_to ?? []),
      delta,
    );
    const liked = await this.rows.toggleCommentLikes(tx, page);
    await tx.countEach('comment.likes', liked.comments, delta);
    const done = likes.next === null && !more && !liked.more;
    return done ? null : { before: likes.next ?? BELOW_ALL };
  }
}
