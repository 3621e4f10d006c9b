import { Injectable } from '@nestjs/common';
import { foldTag, type Id } from '@app/platform';
import { foldPlace } from '@app/domain';
import { TermRows, type TermKind } from '@app/storage';
import type { ListInput } from '../http/cursors.js';
import { PostLists } from '../posts/post-lists.service.js';

/** Posts by hashtag or place. Visibility is checked at read time. */
@Injectable()
export class TermLists {
  constructor(
    private readonly terms: TermRows,
    private readonly lists: PostLists,
  ) {}

  async tag(name: string, input: ListInput, viewer: Id | null): Promise<string> {
    return this.page('tag', foldTag(name), input, viewer);
  }

  async place(name: string, input: ListInput, viewer: Id | null): Promise<string> {
    return this.page('place', foldPlace(name), input, viewer);
  }

  /** Cursors belong to the folded name: `#Fog` and `#fog` are one list. */
  private async page(kind: TermKind, name: string, input: ListInput, viewer: Id | null): Promise<string> {
    const term = (await this.terms.find(kind, [name])).get(name);
    const stranger = viewer === null;
    // A cursor of one list in the other would tell where something hidden is.
    const scope = `/v1/${kind}s/${name}/posts${stranger ? ' for strangers' : ''}`;
    return this.lists.page(scope, input, viewer, async (page) => {
      const ids = term === undefined ? [] : await this.terms.posts(kind, term, page, { stranger });
      return ids.map((id) => ({ id, subject: id }));
    });
  }
}
