import { Injectable } from '@nestjs/common';
import { counter, problem, type Id } from '@app/platform';
import {
  CommentRows,
  UnitOfWork,
  UserRows,
  type CommentRow,
  type Origin,
  type TextEntity,
  type Tx,
} from '@app/storage';
import { PostAccess } from '../posts/post-access.js';
import { Removal } from '../posts/removal.js';
import { Visibility } from '../visibility/visibility.js';

/** Notifications to recompute when a comment is deleted. */
const ofComment = ['notify.mentions', 'notify.replies', 'notify.commentLikes'] as const;

/** A comment's text, with its hashtags and mentions, and the comment that it answers. */
export interface CommentContent {
  text: string;
  entities: TextEntity[];
  replyTo?: Id | null | undefined;
}

/** Where a comment stands. */
type Place = Pick<CommentRow, 'post_id' | 'reply_to' | 'root_id'>;

/** The comments whose replies this one counts among. */
export const aboveOf = ({ reply_to, root_id }: Pick<Place, 'reply_to' | 'root_id'>): Id[] =>
  [reply_to, root_id].filter((id) => id !== null);

/** Comments and their likes. A reply to a reply stands in the same thread, below its root. */
@Injectable()
export class Comments {
  constructor(
    private readonly rows: CommentRows,
    private readonly access: PostAccess,
    private readonly users: UserRows,
    private readonly visibility: Visibility,
    private readonly removal: Removal,
    private readonly work: UnitOfWork,
  ) {}

  async create(tx: Tx, author: Id, post: Id, content: CommentContent): Promise<Id> {
    const held = await this.access.hold(tx, post, author);
    if (held.comments_closed && held.author_id !== author) throw problem('comments_closed');
    const { text, entities, replyTo = null } = content;
    const root = replyTo === null ? null : await this.rootOf(tx, author, post, replyTo);
    const at = { post_id: post, reply_to: replyTo, root_id: root === replyTo ? null : root };
    const id = await this.rows.insert(tx, { ...at, author_id: author, text, entities });
    if (entities.some(({ type }) => type === 'mention')) await tx.effect('notify.mentions', id);
    await this.count(tx, at, 1);
    tx.afterCommit(() => counter('narwhal_comments_total').inc());
    return id;
  }

  async like(user: Id, id: Id): Promise<CommentRow> {
    return this.work.run(async (tx) => {
      const comment = await this.hold(tx, id, user);
      if (await this.rows.like(tx, user, id)) await tx.count('comment.likes', id, 1);
      return comment;
    });
  }

  /** Also of a comment that the person can no longer see. */
  async unlike(user: Id, id: Id): Promise<void> {
    await this.work.run(async (tx) => {
      const taken = await this.rows.unlike(tx, user, id);
      if (taken?.counted) await tx.count('comment.likes', id, -1);
    });
  }

  /** The comment's author or the post's may delete it. Replies stay, below a placeholder. Idempotent. */
  async remove(person: Id, id: Id, from: Origin): Promise<void> {
    const removed = await this.work.run(async (tx) => {
      const comment = await this.rows.lock(tx, id);
      if (!comment || comment.deleted) return false;
      if (comment.author_id !== person && !(await this.access.isBy(tx, person, comment.post_id)))
        return false;
      await this.end(tx, comment);
      await this.removal.recordComment(tx, person, comment, from);
      return true;
    });
    if (!removed && !(await this.removal.wasBy(person, id))) throw problem('not_found');
  }

  /** Deletes a comment of a closed account. */
  async erase(id: Id): Promise<void> {
    await this.work.run(async (tx) => {
      const comment = await this.rows.lock(tx, id);
      if (comment && !comment.deleted) await this.end(tx, comment);
    });
  }

  private async end(tx: Tx, comment: CommentRow): Promise<void> {
    await this.rows.remove(tx, comment);
    for (const kind of ofComment) await tx.effect(kind, comment.id);
    if (!comment.hidden) await this.count(tx, comment, -1);
  }

  /** A reply counts for the comment that it answers, and for the root of its thread. */
  private async count(tx: Tx, at: Place, delta: number): Promise<void> {
    await tx.count('post.comments', at.post_id, delta);
    await tx.countEach('comment.replies', aboveOf(at), delta);
  }

  /**
   * The root of the thread that a reply to this comment joins. Refuses a reply to a comment that the author may not see as if
   * that comment did not exist.
   */
  private async rootOf(tx: Tx, author: Id, post: Id, replyTo: Id): Promise<Id> {
    const answered = await this.rows.lock(tx, replyTo);
    if (answered?.post_id !== post) throw problem('reply_not_allowed');
    if (!(await this.isShown(tx, answered, author))) throw problem('reply_not_allowed');
    return answered.root_id ?? answered.reply_to ?? answered.id;
  }

  /** Locks the post first, in the same order as a deletion of the post. */
  private async hold(tx: Tx, id: Id, viewer: Id): Promise<CommentRow> {
    const found = await this.rows.find(id, tx);
    if (!found) throw problem('not_found');
    await this.access.hold(tx, found.post_id, viewer);
    const comment = await this.rows.lock(tx, id);
    if (!comment || !(await this.isShown(tx, comment, viewer))) throw problem('not_found');
    return comment;
  }

  private async isShown(tx: Tx, comment: CommentRow, viewer: Id): Promise<boolean> {
    if (comment.deleted || comment.hidden) return false;
    const author = await this.users.find(comment.author_id, tx);
    if (!author) return false;
    return this.visibility.mayMeet(author, await this.visibility.relation(viewer, author.id, tx));
  }
}
