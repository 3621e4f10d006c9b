import { Injectable } from '@nestjs/common';
import type { Id } from '@app/platform';
import { Following } from './following.js';
import { BlockRows } from './repositories/blocks.js';
import type { Tx } from './unit-of-work.js';

/** Likes and comments that a transaction hides or shows; what is beyond is the worker's, in batches of the same size. */
const BATCH = 2_000;

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

  async block(tx: Tx, blocker: Id, blocked: Id): Promise<void> {
    if (!(await this.rows.block(tx, blocker, blocked))) return;
    await this.following.end(tx, blocker, blocked);
    await this.following.end(tx, blocked, blocker);
    await this.changed(tx, blocker, blocked);
  }

  async unblock(tx: Tx, blocker: Id, blocked: Id): Promise<void> {
    if (await this.rows.unblock(tx, blocker, blocked)) await this.changed(tx, blocker, blocked);
  }

  /** The worker looks again after the commit: at what is beyond a batch, and at likes that were under way meanwhile. */
  private async changed(tx: Tx, blocker: Id, blocked: Id): Promise<void> {
    await this.settle(tx, blocker, blocked);
    await tx.effectOn('block.changed', blocker, blocked);
    await tx.effect('relations.changed', blocker, blocked);
    await tx.effectOn('notify.relation', blocker, blocked);
    await tx.effectOn('notify.relation', blocked, blocker);
  }

  /** Hides or shows a batch as the block's row says; whether there may be more. */
  async settle(tx: Tx, blocker: Id, blocked: Id): Promise<boolean> {
    const hidden = await this.rows.stands(tx, blocker, blocked);
    const delta = hidden ? -1 : 1;
    const posts = await this.rows.toggleLikes(tx, blocker, blocked, hidden, BATCH);
    for (const post of posts) await tx.count('post.likes', post, delta);
    const comments = await this.rows.toggleComments(tx, blocker, blocked, hidden, BATCH);
    await tx.effect('notify.mentions', ...comments.map(({ id }) => id));
    for (const comment of comments) {
      await tx.count('post.comments', comment.post_id, delta);
      if (comment.reply_to !== null) await tx.count('comment.replies', comment.reply_to, delta);
    }
    return posts.length === BATCH || comments.length === BATCH;
  }
}
