import { Injectable } from '@nestjs/common';
import type { Id } from '@app/platform';
import { CommentRows } from '@app/storage';
import { Cursors, type ListInput, type Page } from '../http/cursors.js';
import { PostReading } from '../posts/post-reading.service.js';
import { CommentView } from './comment-view.js';
import type { Comment } from './comments.schemas.js';

/** A post's comments, oldest first: `cursor` leads to newer comments, `newer` to the page above. */
@Injectable()
export class CommentLists {
  constructor(
    private readonly rows: CommentRows,
    private readonly cursors: Cursors,
    private readonly reading: PostReading,
    private readonly view: CommentView,
  ) {}

  async ofPost(path: string, input: ListInput & { id: Id }, viewer: Id | null): Promise<Page<Comment>> {
    const { post } = await this.reading.one(input.id, viewer);
    return this.cursors.list(
      path,
      input,
      // The list runs against the order of ids: comments further down the page are newer.
      ({ limit, before, after }) => this.rows.ofPost(post.id, { limit, before: after, after: before }),
      (rows) => this.view.show(rows, viewer),
    );
  }
}
