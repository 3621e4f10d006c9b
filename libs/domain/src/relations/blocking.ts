import { Injectable } from '@nestjs/common';
import type { Id } from '@app/platform';
import { Following } from './following.js';
import { lockPair, BlockRows, type Tx } from '@app/storage';

/** Posts whose likes, and comments, that one transaction looks at; what is beyond is the worker's, in batches of the same size. */
const BATCH = 2_000;

/** Where the next batch begins: at posts older than `before`. */
export interface NextBatch {
  before: Id;
}

/** Older than every post: only comments are left. */
const BELOW_ALL: Id = '0';

/**
 * What a block does: ends follows both ways, and takes the blocked one's likes and comments off the blocker's posts. Whether
 * such a row is hidden is always what the block's own row says, so that every step may run twice and in any order.
 */
@Injectable()
export class Blocking {
  constructor(
    private readonly rows: BlockRows,
    private readonly following: Following,
  ) {}

  /** Again: ends whatever stands beside the block all the same. */
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

  /** The worker looks again after the commit: at what is beyond a batch, and at likes that were under way meanwhile. */
  private async changed(tx: Tx, blocker: Id, blocked: Id): Promise<void> {
    await this.settle(tx, blocker, blocked);
    await tx.effectOn('block.changed', blocker, blocked);
    await tx.effect('relations.changed', blocker, blocked);
    await tx.effectOn('notify.relation', blocker, blocked);
    await tx.effectOn('notify.relation', blocked, blocker);
  }

  /**
   * Hides or shows a batch as the block's row says, from the newest posts on; where the next one begins, null when this was
   * the last. Batches are pages of posts, whether or not they change anything: of two that work at once neither ends early.
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
