import { Injectable } from '@nestjs/common';
import { counter, problem, type Id } from '@app/platform';
import {
  CommentRows,
  ErasureRows,
  PostRows,
  UnitOfWork,
  type CommentRow,
  type TextEntity,
  type Tx,
} from '@app/storage';
import { PostAccess } from '@app/domain';
import { CommentView } from './comment-view.js';
import type { Comment, NewComment } from './comments.schemas.js';
import type { Made } from '../http/idempotency.js';

/** Notifications to recompute when a comment is deleted. */
const ofComment = ['notify.mentions', 'notify.replies', 'notify.commentLikes'] as const;

/** A comment with its hashtags and mentions resolved. */
type WrittenComment = NewComment & { entities: TextEntity[] };

/** Creates, likes and deletes comments: one level of threads below a post. */
@Injectable()
export class CommentsService {
  constructor(
    private readonly rows: CommentRows,
    private readonly posts: PostRows,
    private readonly access: PostAccess,
    private readonly view: CommentView,
    private readonly work: UnitOfWork,
    private readonly deletions: ErasureRows,
  ) {}

  async create(tx: Tx, author: Id, post: Id, input: WrittenComment): Promise<Made> {
    const held = await this.access.hold(tx, post, author);
    if (held.comments_closed && held.author_id !== author) throw problem('comments_closed');
    const replyTo = input.replyTo ?? null;
    if (replyTo !== null) await this.assertAnswerable(tx, author, post, replyTo);
    const { text, entities } = input;
    const id = await this.rows.insert(tx, { post, author, replyTo, text, entities });
    if (entities.some(({ type }) => type === 'mention')) await tx.effect('notify.mentions', id);
    await tx.count('post.comments', post, 1);
    if (replyTo !== null) await tx.count('comment.replies', replyTo, 1);
    tx.afterCommit(() => counter('narwhal_comments_total').inc());
    return { status: 201, id };
  }

  /** Refuses a reply to a comment that the author may not see as if that comment did not exist. */
  private async assertAnswerable(tx: Tx, author: Id, post: Id, replyTo: Id): Promise<void> {
    const answered = await this.rows.lock(tx, replyTo);
    if (answered?.post_id !== post || answered.reply_to !== null || answered.deleted || answered.hidden)
      throw problem('reply_not_allowed');
    if (!(await this.view.mayMeet(tx, author, answered.author_id))) throw problem('reply_not_allowed');
  }

  /** @throws Problem 404 when it is gone, or when the viewer may not see its author */
  async show(id: Id, viewer: Id | null): Promise<Comment> {
    const row = await this.rows.find(id);
    if (!row || row.hidden) throw problem('not_found');
    if (!(await this.access.visible([row.post_id], viewer)).has(row.post_id)) throw problem('not_found');
    const [comment] = await this.view.show([row], viewer);
    if (!comment) throw problem('not_found');
    return comment;
  }

  /** The comment just created, even if its post is hidden by now. @throws Problem 410 when it has been deleted since */
  async showMade(id: Id, author: Id): Promise<Comment> {
    const row = await this.rows.findForSure(id);
    if (!row || row.deleted) throw problem('gone');
    return this.view.showDone(row, author);
  }

  /** Answers a repeated request. @throws Problem 410 when it has been deleted since */
  async showAgain(id: Id, viewer: Id): Promise<Comment> {
    const comment = await this.show(id, viewer).catch((error: unknown) => {
      throw isNotFound(error) ? problem('gone', { cause: error }) : error;
    });
    if (comment.deleted) throw problem('gone');
    return comment;
  }

  async like(user: Id, id: Id): Promise<Comment> {
    const row = await this.work.run(async (tx) => {
      const comment = await this.hold(tx, id, user);
      if (await this.rows.like(tx, user, id)) await tx.count('comment.likes', id, 1);
      return comment;
    });
    return this.view.showDone(row, user);
  }

  /** Like `show`, but inside the transaction. Locks the post first, in the same order as a deletion of the post. */
  private async hold(tx: Tx, id: Id, viewer: Id): Promise<CommentRow> {
    const found = await this.rows.find(id, tx);
    if (!found) throw problem('not_found');
    await this.access.hold(tx, found.post_id, viewer);
    const comment = await this.rows.lock(tx, id);
    if (!comment || comment.deleted || comment.hidden) throw problem('not_found');
    if (!(await this.view.mayMeet(tx, viewer, comment.author_id))) throw problem('not_found');
    return comment;
  }

  /** Returns null when the comment is no longer visible. */
  async unlike(user: Id, id: Id): Promise<Comment | null> {
    await this.work.run(async (tx) => {
      const taken = await this.rows.unlike(tx, user, id);
      if (taken?.counted) await tx.count('comment.likes', id, -1);
    });
    return this.show(id, user).catch((error: unknown) => {
      if (isNotFound(error)) return null;
      throw error;
    });
  }

  /** The comment's author or the post's owner may delete it. Replies stay, below a placeholder. */
  async remove(person: Id, id: Id): Promise<void> {
    const removed = await this.work.run((tx) => this.removeIn(tx, person, id));
    if (!removed && !(await this.deletions.isBy(person, id))) throw problem('not_found');
  }

  private async removeIn(tx: Tx, person: Id, id: Id): Promise<boolean> {
    const comment = await this.rows.lock(tx, id);
    if (!comment || comment.deleted) return false;
    const post = await this.posts.find(comment.post_id, tx);
    if (comment.author_id !== person && post?.author_id !== person) return false;
    await this.rows.remove(tx, comment);
    for (const kind of ofComment) await tx.effect(kind, id);
    await this.deletions.record(tx, person, [id]);
    if (!comment.hidden) {
      await tx.count('post.comments', comment.post_id, -1);
      if (comment.reply_to !== null) await tx.count('comment.replies', comment.reply_to, -1);
    }
    return true;
  }
}

function isNotFound(error: unknown): boolean {
  return (error as { code?: unknown }).code === 'not_found';
}
