import { Injectable } from '@nestjs/common';
import type { Id } from '@app/platform';
import {
  CommentRows,
  noCauses,
  NotificationCauses,
  NotificationGroups,
  PostRows,
  type Causes,
  type PostRow,
  type Tx,
} from '@app/storage';
import { mentionedIn, NotificationAudience } from './notification-audience.js';
import { NotificationWriter } from './notification-writer.js';

/** A text that may mention people: a post's caption, or a comment. */
interface Source {
  post: PostRow;
  comment: Id | null;
  author: Id;
  entities: readonly unknown[];
}

/** Notifications about posts and comments: likes, comments, replies, mentions. */
@Injectable()
export class PostGroups {
  constructor(
    private readonly posts: PostRows,
    private readonly comments: CommentRows,
    private readonly groups: NotificationGroups,
    private readonly causes: NotificationCauses,
    private readonly audience: NotificationAudience,
    private readonly writer: NotificationWriter,
  ) {}

  async likes(post: Id): Promise<void> {
    await this.ofPost('like', 'likes', post);
  }

  async commentsOf(post: Id): Promise<void> {
    await this.ofPost('comment', 'comments', post);
  }

  async replies(comment: Id): Promise<void> {
    await this.ofComment('reply', 'replies', comment);
  }

  async commentLikes(comment: Id): Promise<void> {
    await this.ofComment('comment_like', 'commentLikes', comment);
  }

  /** Notifies a post's author. Deleting a post deletes its notifications. */
  private async ofPost(type: 'like' | 'comment', what: 'likes' | 'comments', id: Id): Promise<void> {
    const post = await this.posts.find(id);
    if (!post) return;
    const user = post.author_id;
    const group = { user, key: `${type}:${id}`, type, post: id };
    await this.writer.settle(group, (tx) => this.causes.ofPost(tx, user, what, id));
  }

  /** Notifies a comment's author, if the comment exists and they may see the post. */
  private async ofComment(
    type: 'reply' | 'comment_like',
    what: 'replies' | 'commentLikes',
    id: Id,
  ): Promise<void> {
    const key = `${type}:${id}`;
    const comment = await this.comments.find(id);
    // The placeholder of a deleted comment no longer says whose it was.
    if (!comment || comment.deleted) return this.writer.undo({ key, type, post: null });
    const { author_id: user, post_id: post } = comment;
    await this.writer.settle({ user, key, type, post }, async (tx) => {
      const found = await this.source(tx, id);
      const sees = found !== null && (await this.audience.maySee(tx, found.post, user));
      return sees ? this.causes.ofComment(tx, user, what, id) : noCauses;
    });
  }

  /** Notifies the people that a caption or comment mentions, and updates those that it mentioned before an edit. */
  async mentions(id: Id): Promise<void> {
    const comment = await this.comments.find(id);
    const post = await this.posts.find(comment?.post_id ?? id);
    const key = `mention:${id}`;
    if (!post) return this.writer.undo({ key, type: 'mention', post: null });
    const mentioned = mentionedIn(comment?.entities ?? post.caption_entities);
    const holders = await this.groups.holders(key);
    for (const user of new Set([...mentioned, ...holders]))
      await this.writer.settle({ user, key, type: 'mention', post: post.id }, (tx) =>
        this.mentionOf(tx, id, user),
      );
  }

  private async mentionOf(tx: Tx, id: Id, user: Id): Promise<Causes> {
    const found = await this.source(tx, id);
    if (!found || found.author === user || !mentionedIn(found.entities).includes(user)) return noCauses;
    const hears =
      (await this.audience.maySee(tx, found.post, user)) &&
      (await this.audience.hears(tx, found.author, user));
    return hears ? { actors: [found.author], count: 1, newest: id, comment: found.comment } : noCauses;
  }

  /** A comment or post in its current state; null when it is gone, or hidden by a block. */
  private async source(tx: Tx, id: Id): Promise<Source | null> {
    const comment = await this.comments.find(id, tx);
    if (comment && (comment.deleted || comment.hidden)) return null;
    const post = await this.posts.find(comment?.post_id ?? id, tx);
    if (!post) return null;
    return comment
      ? { post, comment: id, author: comment.author_id, entities: comment.entities }
      : { post, comment: null, author: post.author_id, entities: post.caption_entities };
  }
}
