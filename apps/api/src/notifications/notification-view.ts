import { Injectable } from '@nestjs/common';
import type { Id } from '@app/platform';
import { CommentRows, UserRows, type NotificationRow } from '@app/storage';
import { stranger, Visibility } from '@app/domain';
import { CommentView } from '../comments/comment-view.js';
import type { Comment } from '../comments/comments.schemas.js';
import { PostReading } from '../posts/post-reading.js';
import type { ShownPost } from '../posts/post-view.js';
import { UserView } from '../users/user-view.js';

type Author = ReturnType<UserView['author']>;

export interface ShownNotification {
  row: NotificationRow;
  json: string;
  /** Distinguishes its states, except for the counts of its post. */
  tag: string;
}

/** Builds notifications for responses. Checks visibility at read time: leaves out everything that the reader may no longer see. */
@Injectable()
export class NotificationView {
  constructor(
    private readonly posts: PostReading,
    private readonly users: UserRows,
    private readonly visibility: Visibility,
    private readonly userView: UserView,
    private readonly comments: CommentRows,
    private readonly commentView: CommentView,
  ) {}

  async show(rows: readonly NotificationRow[], reader: Id): Promise<ShownNotification[]> {
    const postIds = [...new Set(rows.flatMap(({ post_id }) => post_id ?? []))];
    const [shown, actors, comments] = await Promise.all([
      this.posts.visible(postIds, reader),
      this.actors(rows, reader),
      this.commentsOf(rows, reader),
    ]);
    const posts = new Map(shown.map((post) => [post.post.id, post]));
    return rows.flatMap((row) => {
      const post = row.post_id === null ? null : posts.get(row.post_id);
      const comment = row.comment_id === null ? null : comments.get(row.comment_id);
      const seen = row.actors.flatMap((id) => actors.get(id) ?? []);
      if (post === undefined || comment === undefined || seen.length === 0) return [];
      return [make(row, seen, post, comment)];
    });
  }

  /** A group that no longer exists. Clients that show it remove it. */
  gone(row: NotificationRow): ShownNotification {
    return make({ ...row, count: 0 }, [], null, null);
  }

  /** Leaves out people whom the reader mutes or may not meet. */
  private async actors(rows: readonly NotificationRow[], reader: Id): Promise<Map<Id, Author>> {
    const ids = [...new Set(rows.flatMap(({ actors }) => actors))];
    const [people, relations] = await Promise.all([
      this.users.findMany(ids),
      this.visibility.relations(reader, ids),
    ]);
    const seen = [...people.values()].filter((person) => {
      const relation = relations.get(person.id) ?? stranger;
      return this.visibility.mayMeet(person, relation) && !relation.muting;
    });
    return new Map(seen.map((person) => [person.id, this.userView.author(person)]));
  }

  private async commentsOf(rows: readonly NotificationRow[], reader: Id): Promise<Map<Id, Comment>> {
    const ids = rows.flatMap(({ comment_id }) => comment_id ?? []);
    const there = (await this.comments.findMany([...new Set(ids)])).filter(
      ({ hidden, deleted }) => !hidden && !deleted,
    );
    const shown = await this.commentView.show(there, reader);
    return new Map(shown.map((comment) => [comment.id, comment]));
  }
}

function make(
  row: NotificationRow,
  actors: Author[],
  post: ShownPost | null,
  comment: Comment | null,
): ShownNotification {
  const { id, group_key: group, type, count, read } = row;
  const head = JSON.stringify({ id, group, type, actors, count }).slice(0, -1);
  const tail = JSON.stringify({ comment, read, createdAt: row.created_at.toISOString() }).slice(1);
  return {
    row,
    // The post is already JSON: parsing it to rebuild it would cost more than everything else.
    json: `${head},"post":${post?.json ?? 'null'},${tail}`,
    tag: `${head}${post?.post.tag ?? ''}${tail}`,
  };
}
