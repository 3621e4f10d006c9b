import { Injectable } from '@nestjs/common';
import { idOfCode, isId, problem, type Id } from '@app/platform';
import { UserRows } from '@app/storage';
import { assertPublished, stranger, Visibility, type Owner, type Relation } from '@app/domain';
import { PostView, type ShownPost } from './post-view.js';

type Rule = Visibility['maySeePost'];

/** Posts that a viewer may see. */
@Injectable()
export class PostReading {
  constructor(
    private readonly view: PostView,
    private readonly users: UserRows,
    private readonly visibility: Visibility,
  ) {}

  /** The posts that the viewer may see, in the requested order. */
  async visible(ids: readonly Id[], viewer: Id | null): Promise<ShownPost[]> {
    return this.those(ids, viewer, (...facts) => this.visibility.maySeePost(...facts));
  }

  /** Like `visible`, but only posts by strangers. */
  async explorable(ids: readonly Id[], viewer: Id): Promise<ShownPost[]> {
    return this.those(ids, viewer, (...facts) => this.visibility.mayExplore(...facts));
  }

  private async those(ids: readonly Id[], viewer: Id | null, rule: Rule): Promise<ShownPost[]> {
    const shown = await this.view.show(ids.filter(isId), viewer);
    const authorIds = [...shown.values()].map(({ post }) => post.author);
    const [authors, relations] = await Promise.all([
      this.users.findMany(authorIds),
      this.visibility.relations(viewer, authorIds),
    ]);
    return ids.flatMap((id) => {
      const found = shown.get(id);
      return found && isShown(found, rule, authors, relations) ? [found] : [];
    });
  }

  /** @throws Problem 404 for a post that is missing or that the viewer may not see */
  async one(id: Id, viewer: Id | null): Promise<ShownPost> {
    const [post] = await this.visible([id], viewer);
    if (!post) throw problem('not_found');
    return post;
  }

  /** Like `one`, for likes, saves and comments. @throws Problem 404; 409 for an own post that is not published */
  async published(id: Id, viewer: Id): Promise<ShownPost> {
    const found = await this.one(id, viewer);
    assertPublished(found.post.state);
    return found;
  }

  async byCode(code: string, viewer: Id | null): Promise<ShownPost> {
    const id = idOfCode(code);
    if (id === null) throw problem('not_found');
    return this.one(id, viewer);
  }
}

function isShown(
  { post }: ShownPost,
  rule: Rule,
  authors: Map<Id, Owner>,
  relations: Map<Id, Relation>,
): boolean {
  const author = authors.get(post.author);
  const facts = { author_id: post.author, state: post.state, archived: post.archived };
  return author !== undefined && rule(facts, author, relations.get(post.author) ?? stranger);
}
