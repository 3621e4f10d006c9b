import { Injectable } from '@nestjs/common';
import { isId, problem, type Id } from '@app/platform';
import { PostAccess } from '@app/domain';
import { CommentPages, type CommentRow, type Rank } from '@app/storage';
import { Cursors, type ListInput, type Page, type PageRequest } from '../http/cursors.js';
import { CommentView } from './comment-view.js';
import {
  FIRST_REPLIES,
  type Comment,
  type CommentListInput,
  type CommentThread,
} from './comments.schemas.js';

type Threads = Page<CommentThread>;

/** A place in the order by likes, in a cursor: 4 bytes of likes, 8 of the id. */
const RANK_BYTES = 12;

/** Down a list that begins with the oldest, comments are newer: below its cursor are higher ids. */
const turned = ({ limit, before, after }: PageRequest): PageRequest => ({
  limit,
  before: after,
  after: before,
});

/** Pages of comments: all of a post's, its threads, and the replies to one. */
@Injectable()
export class CommentLists {
  constructor(
    private readonly pages: CommentPages,
    private readonly view: CommentView,
    private readonly access: PostAccess,
    private readonly cursors: Cursors,
  ) {}

  /** A page of a post's comments, or with `sort` of its threads. @throws Problem 404 for a post that the viewer may not see */
  async ofPost(
    path: string,
    input: CommentListInput & { id: Id },
    viewer: Id | null,
  ): Promise<Page<Comment> | Threads> {
    const { id, sort } = input;
    if (!(await this.access.visible([id], viewer)).has(id)) throw problem('not_found');
    // A position in one order says nothing in another.
    const scope = sort ? `${path} by ${sort}` : path;
    const threads = (roots: CommentRow[]) => this.threads(id, roots, viewer);
    if (sort === 'top') return this.best(scope, input, threads);
    if (sort === 'newest')
      return this.cursors.list(scope, input, (page) => this.pages.roots(id, page, 'newest'), threads);
    if (sort === 'oldest')
      return this.cursors.list(scope, input, (page) => this.pages.roots(id, turned(page), 'oldest'), threads);
    return this.cursors.list(
      scope,
      input,
      (page) => this.pages.ofPost(id, turned(page)),
      (rows) => this.view.show(rows, viewer),
    );
  }

  /**
   * A page of the replies to a comment: of a root all below it, of a reply those to itself. @throws Problem 404 for a comment
   * that the viewer may not see
   */
  async replies(path: string, input: ListInput & { id: Id }, viewer: Id | null): Promise<Page<Comment>> {
    const { id } = input;
    const answered = await this.view.find(id, viewer);
    if (answered === null) throw problem('not_found');
    return this.cursors.list(
      path,
      input,
      (page) =>
        answered.replyTo === null
          ? this.pages.thread(id, turned(page))
          : this.pages.answers(id, turned(page)),
      (rows) => this.view.show(rows, viewer),
    );
  }

  /** Likes may change between two pages: each begins at the place where the one before ended. */
  private async best(
    scope: string,
    { id, limit, cursor, newer }: ListInput & { id: Id },
    show: (roots: CommentRow[]) => Promise<CommentThread[]>,
  ): Promise<Threads> {
    if (cursor !== undefined && newer !== undefined) throw problem('cursor_invalid');
    const after = cursor === undefined ? null : this.rankIn(scope, cursor);
    const before = newer === undefined ? null : this.rankIn(scope, newer);
    const rows = await this.pages.best(id, { limit: limit + 1, after, before });
    const shown = before === null ? rows.slice(0, limit) : rows.slice(-limit);
    const [first, last] = [shown[0] ?? before, shown.at(-1)];
    const more = rows.length > limit || before !== null;
    return {
      items: await show(shown),
      nextCursor: more && last ? this.cursors.seal(scope, bytesOf(last)) : null,
      prevCursor: first ? this.cursors.seal(scope, bytesOf(first)) : null,
    };
  }

  private rankIn(scope: string, cursor: string): Rank {
    const bytes = this.cursors.open(scope, cursor, RANK_BYTES);
    const id = bytes.readBigUInt64BE(4).toString();
    if (!isId(id)) throw problem('cursor_invalid');
    return { likes_count: bytes.readInt32BE(), id };
  }

  /** Roots and their first replies are read and shown together: a page takes as many statements as one thread. */
  private async threads(post: Id, roots: CommentRow[], viewer: Id | null): Promise<CommentThread[]> {
    if (roots.length === 0) return [];
    const replies = await this.pages.firstReplies(
      post,
      roots.map(({ id }) => id),
      FIRST_REPLIES,
    );
    const rootOf = new Map(replies.map(({ id, root_id, reply_to }) => [id, root_id ?? reply_to]));
    const shown = await this.view.show([...roots, ...replies], viewer);
    return shown
      .filter(({ id }) => !rootOf.has(id))
      .map((root) => ({
        ...root,
        replies: {
          count: root.counts.replies,
          first: shown.filter(({ id }) => rootOf.get(id) === root.id),
        },
      }));
  }
}

function bytesOf({ likes_count: likes, id }: Rank): Buffer {
  const bytes = Buffer.alloc(RANK_BYTES);
  bytes.writeInt32BE(likes);
  bytes.writeBigUInt64BE(BigInt(id), 4);
  return bytes;
}
