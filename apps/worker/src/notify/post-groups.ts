import { Injectable } from '@nestjs/common';
import type { Id } from '@app/platform';
import {
  CommentRows,
  noCauses,
  NotificationCauses,
  NotificationGroups,
  PostRows,
  type CommentRow,
  type PostRow,
} from '@app/storage';
import { Hearing } from './hearing.js';
import { mentionedIn } from './mentioned.js';
import { Telling } from './telling.js';

/** What people are told of posts and comments: likes, comments, replies, mentions. */
@Injectable()
export class PostGroups {
  constructor(
    private readonly posts: PostRows,
    private readonly comments: CommentRows,
    private readonly groups: NotificationGroups,
    private readonly causes: NotificationCauses,
    private readonly hearing: Hearing,
    private readonly telling: Telling,
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

  /** A post's author is told of it. What hangs on a post that is gone goes with it. */
  private async ofPost(type: 'like' | 'comment', what: 'likes' | 'comments', id: Id): Promise<void> {
    const post = await this.posts.find(id);
    if (!post) return;
    const user = post.author_id;
    const group = { user, key: `${type}:${id}`, type, post: id };
    await this.telling.settle(group, (tx) => this.causes.ofPost(tx, user, what, id));
  }

  /** A comment's author is told of it, as long as they see the post. */
  private async ofComment(
    type: 'reply' | 'comment_like',
    what: 'replies' | 'commentLikes',
    id: Id,
  ): Promise<void> {
    const comment = await this.comments.find(id);
    const key = `${type}:${id}`;
    if (!comment || !isThere(comment))
      return this.telling.undo({ key, type, post: comment?.post_id ?? null });
    const user = comment.author_id;
    const sees = (await this.hearing.maySee(comment.post_id, [user])).has(user);
    await this.telling.settle({ user, key, type, post: comment.post_id }, async (tx) =>
      sees ? this.causes.ofComment(tx, user, what, id) : noCauses,
    );
  }

  /** Whom a post's caption or a comment mentions, and whom it mentioned before it was changed. */
  async mentions(id: Id): Promise<void> {
    const comment = await this.comments.find(id);
    const post = await this.posts.find(comment?.post_id ?? id);
    const key = `mention:${id}`;
    if (!post || (comment && !isThere(comment)))
      return this.telling.undo({ key, type: 'mention', post: post?.id ?? null });
    const source = comment ?? sourceOf(post);
    const mentioned = mentionedIn(source.entities).filter((user) => user !== source.author_id);
    const [seeing, hearing, holders] = await Promise.all([
      this.hearing.maySee(post, mentioned),
      this.hearing.hear(source.author_id, mentioned),
      this.groups.holders(key),
    ]);
    const told = { actors: [source.author_id], count: 1, newest: id, comment: comment?.id ?? null };
    for (const user of new Set([...mentioned, ...holders])) {
      const causes = seeing.has(user) && hearing.has(user) ? told : noCauses;
      await this.telling.settle({ user, key, type: 'mention', post: post.id }, async () => causes);
    }
  }
}

function isThere(comment: CommentRow): boolean {
  return !comment.deleted && !comment.hidden;
}

const sourceOf = (post: PostRow) => ({ author_id: post.author_id, entities: post.caption_entities });
