import { Injectable } from '@nestjs/common';
import { problem, type Id } from '@app/platform';
import { CommentRows, UserRows, type CommentRow, type UserRow } from '@app/storage';
import { PostAccess, stranger, Visibility, type Relation } from '@app/domain';
import { UserView } from '../users/user-view.js';
import type { Comment } from './comments.schemas.js';

type Standing = { likes: number; replies: number; liked: boolean };

/** Builds the comments in responses. */
@Injectable()
export class CommentView {
  constructor(
    private readonly rows: CommentRows,
    private readonly users: UserRows,
    private readonly access: PostAccess,
    private readonly visibility: Visibility,
    private readonly view: UserView,
  ) {}

  /** Leaves out comments by people whom the viewer may not see. */
  async show(comments: readonly CommentRow[], viewer: Id | null): Promise<Comment[]> {
    const authorIds = comments.filter(({ deleted }) => !deleted).map((row) => row.author_id);
    const [authors, relations, standings] = await Promise.all([
      this.users.findMany(authorIds),
      this.visibility.relations(viewer, authorIds),
      this.rows.standings(
        comments.map(({ id }) => id),
        viewer,
      ),
    ]);
    return comments.flatMap((row) => {
      const author = row.deleted ? null : authors.get(row.author_id);
      if (author !== null && !this.maySee(author, relations)) return [];
      return [this.one(row, author ?? null, standings.get(row.id))];
    });
  }

  /** Null when it is gone, or when the viewer may not see its post or its author. */
  async find(id: Id, viewer: Id | null): Promise<Comment | null> {
    const row = await this.rows.find(id);
    if (!row || row.hidden || !(await this.access.visible([row.post_id], viewer)).has(row.post_id))
      return null;
    return (await this.show([row], viewer))[0] ?? null;
  }

  /** The comment just created, even if its post is hidden by now. @throws Problem 410 when it has been deleted since */
  async showMade(id: Id, author: Id): Promise<Comment> {
    const row = await this.rows.findForSure(id);
    if (!row || row.deleted) throw problem('gone');
    return this.showDone(row, author);
  }

  /** A comment that the viewer has just made or liked. Shown even if visibility has changed since. */
  async showDone(row: CommentRow, viewer: Id): Promise<Comment> {
    const [author, standings] = await Promise.all([
      this.users.find(row.author_id),
      this.rows.standings([row.id], viewer),
    ]);
    return this.one(row, author, standings.get(row.id));
  }

  private maySee(author: UserRow | undefined, relations: Map<Id, Relation>): author is UserRow {
    if (!author) return false;
    const relation = relations.get(author.id) ?? stranger;
    return this.visibility.mayMeet(author, relation);
  }

  private one(row: CommentRow, author: UserRow | null, standing: Standing | undefined): Comment {
    return {
      id: row.id,
      postId: row.post_id,
      replyTo: row.reply_to,
      author: author && this.view.author(author),
      text: row.deleted ? null : row.text,
      entities: row.entities,
      counts: { likes: standing?.likes ?? 0, replies: standing?.replies ?? 0 },
      liked: standing?.liked ?? false,
      deleted: row.deleted,
      createdAt: row.created_at.toISOString(),
    };
  }
}
