import { Injectable } from '@nestjs/common';
import type { Id } from '@app/platform';
import { CommentRows, UserRows, type CommentRow, type Tx, type UserRow } from '@app/storage';
import { stranger, Visibility, type Relation } from '@app/domain';
import { UserView } from '../users/user-view.js';
import type { Comment } from './comments.schemas.js';

type Standing = { likes: number; replies: number; liked: boolean };

/** Builds the comments in responses. */
@Injectable()
export class CommentView {
  constructor(
    private readonly rows: CommentRows,
    private readonly users: UserRows,
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

  /** A comment that the viewer has just made or liked. Shown even if visibility has changed since. */
  async showDone(row: CommentRow, viewer: Id): Promise<Comment> {
    const [author, standings] = await Promise.all([
      this.users.find(row.author_id),
      this.rows.standings([row.id], viewer),
    ]);
    return this.one(row, author, standings.get(row.id));
  }

  /** Checks whether a viewer may meet a comment's author. */
  async mayMeet(tx: Tx, viewer: Id, author: Id): Promise<boolean> {
    const user = await this.users.find(author, tx);
    return user !== null && this.visibility.mayMeet(user, await this.visibility.relation(viewer, author, tx));
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
