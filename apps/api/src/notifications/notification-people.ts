import { Injectable } from '@nestjs/common';
import type { Id } from '@app/platform';
import { CommentRows, UserRows, type NotificationRow } from '@app/storage';
import { stranger, Visibility } from '@app/domain';
import { CommentView } from '../comments/comment-view.js';
import type { Comment } from '../comments/comments.schemas.js';
import { UserView } from '../users/user-view.js';

export type Author = ReturnType<UserView['author']>;

/** The people and comments of notifications, as their reader may see them now. */
@Injectable()
export class NotificationPeople {
  constructor(
    private readonly users: UserRows,
    private readonly visibility: Visibility,
    private readonly view: UserView,
    private readonly comments: CommentRows,
    private readonly commentView: CommentView,
  ) {}

  /** Leaves out people whom the reader mutes or may not meet. */
  async actors(rows: readonly NotificationRow[], reader: Id): Promise<Map<Id, Author>> {
    const ids = [...new Set(rows.flatMap(({ actors }) => actors))];
    const [people, relations] = await Promise.all([
      this.users.findMany(ids),
      this.visibility.relations(reader, ids),
    ]);
    const seen = [...people.values()].filter((person) => {
      const relation = relations.get(person.id) ?? stranger;
      return this.visibility.mayMeet(person, relation) && !relation.muting;
    });
    return new Map(seen.map((person) => [person.id, this.view.author(person)]));
  }

  async commentsOf(rows: readonly NotificationRow[], reader: Id): Promise<Map<Id, Comment>> {
    const ids = rows.flatMap(({ comment_id }) => comment_id ?? []);
    const there = (await this.comments.findMany([...new Set(ids)])).filter(
      ({ hidden, deleted }) => !hidden && !deleted,
    );
    const shown = await this.commentView.show(there, reader);
    return new Map(shown.map((comment) => [comment.id, comment]));
  }
}
