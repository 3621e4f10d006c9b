import type { Id } from '@app/platform';
import type { BlockRows, Tx } from '@app/storage';
import { aboveOf } from '../comments/comments.js';

/** Posts (for their likes), and comments, that one transaction checks; the worker does the rest, in batches of the same size. */
const BATCH = 2_000;

/** Older than every post: only comments are left. */
const BELOW_ALL: Id = '0';

/**
 * Hides or shows a batch of the blocked person's likes and comments on the blocker's posts, as the block's row says, newest
 * posts first. Returns the start of the next batch (posts older than that), null after the last. It may run twice and in any
 * order. Batches are pages of posts, whether or not they change anything: of two concurrent runs neither ends early.
 */
export async function hideOrShow(
  rows: BlockRows,
  tx: Tx,
  [blocker, blocked]: readonly [Id, Id],
  before: Id | null = null,
): Promise<Id | null> {
  const hidden = await rows.stands(tx, blocker, blocked);
  const delta = hidden ? -1 : 1;
  const page = { owner: blocker, actor: blocked, hidden, limit: BATCH };
  const likes = await rows.toggleLikes(tx, { ...page, before });
  await tx.countEach('post.likes', likes.posts, delta);
  const { comments, more } = await rows.toggleComments(tx, page);
  await tx.effect('notify.mentions', ...comments.map(({ id }) => id));
  await tx.countEach(
    'post.comments',
    comments.map(({ post_id }) => post_id),
    delta,
  );
  await tx.countEach('comment.replies', comments.flatMap(aboveOf), delta);
  const liked = await rows.toggleCommentLikes(tx, page);
  await tx.countEach('comment.likes', liked.comments, delta);
  const isDone = likes.next === null && !more && !liked.more;
  return isDone ? null : (likes.next ?? BELOW_ALL);
}
