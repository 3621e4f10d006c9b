import { Injectable } from '@nestjs/common';
import { idOfCode, isId, problem, type Id } from '@app/platform';
import { PostRows, UserRows, type Entry } from '@app/storage';
import { People, stranger, Visibility } from '@app/domain';
import { Cursors, type PageRequest } from '../http/cursors.js';
import { listJson, PostView, type ShownPost } from './post-view.js';
import type { PostListInput } from './posts.schemas.js';

type Rule = Visibility['maySeePost'];

/** Posts that a viewer may see: one, several, or a page of a list. */
@Injectable()
export class PostReading {
  constructor(
    private readonly view: PostView,
    private readonly posts: PostRows,
    private readonly users: UserRows,
    private readonly people: People,
    private readonly visibility: Visibility,
    private readonly cursors: Cursors,
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
      if (!found) return [];
      const { author: author_id, state, archived } = found.post;
      const author = authors.get(author_id);
      const relation = relations.get(author_id) ?? stranger;
      return author && rule({ author_id, state, archived }, author, relation) ? [found] : [];
    });
  }

  /** @throws Problem 404 for a post that is missing or that the viewer may not see */
  async one(id: Id, viewer: Id | null): Promise<ShownPost> {
    const [post] = await this.visible([id], viewer);
    if (!post) throw problem('not_found');
    return post;
  }

  async byCode(code: string, viewer: Id | null): Promise<ShownPost> {
    const id = idOfCode(code);
    if (id === null) throw problem('not_found');
    return this.one(id, viewer);
  }

  /** @throws Problem 404 for a person whose posts the viewer may not see */
  async ofAuthor(path: string, input: PostListInput & { id: Id }, viewer: Id | null): Promise<string> {
    const { row, relation } = await this.people.withContent(input.id, viewer);
    return this.page(path, input, viewer, (page) => this.posts.ofAuthor(row.id, relation.self, page));
  }

  /** A page of a list whose entries are the posts themselves. */
  async pageOfIds(
    path: string,
    input: PostListInput,
    viewer: Id | null,
    scan: (page: PageRequest) => Promise<Id[]>,
  ): Promise<string> {
    return this.page(path, input, viewer, async (page) =>
      (await scan(page)).map((id) => ({ id, subject: id })),
    );
  }

  /** A page of a list of entries, scanned by key; omits posts that the viewer may not see. */
  async page(
    path: string,
    input: PostListInput,
    viewer: Id | null,
    scan: (page: PageRequest) => Promise<Entry[]>,
  ): Promise<string> {
    return listJson(
      await this.cursors.list(path, input, scan, (entries) =>
        this.visible(
          entries.map(({ subject }) => subject),
          viewer,
        ),
      ),
      input.view,
    );
  }
}
