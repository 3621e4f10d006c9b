import { Injectable } from '@nestjs/common';
import type { Id } from '@app/platform';
import type { NotificationRow } from '@app/storage';
import type { Comment } from '../comments/comments.schemas.js';
import { PostReading } from '../posts/post-reading.service.js';
import type { ShownPost } from '../posts/post-view.js';
import { NotificationPeople, type Author } from './notification-people.js';

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
    private readonly people: NotificationPeople,
  ) {}

  async show(rows: readonly NotificationRow[], reader: Id): Promise<ShownNotification[]> {
    const postIds = [...new Set(rows.flatMap(({ post_id }) => post_id ?? []))];
    const [shown, actors, comments] = await Promise.all([
      this.posts.visible(postIds, reader),
      this.people.actors(rows, reader),
      this.people.commentsOf(rows, reader),
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
