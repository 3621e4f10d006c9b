import { Injectable } from '@nestjs/common';
import type { Id } from '@app/platform';
import { SearchRows, stranger, TermRows, Visibility, type Found, type Relation } from '@app/storage';
import type { Page } from '../http/cursors.js';
import { RankedLists } from '../http/ranked-lists.js';
import { UserLists } from '../users/user-lists.js';
import type { SearchInput } from './search.schemas.js';

/** How many a search finds: nobody reads on beyond, they type another letter. */
const MOST = 200;

/** Followed first, then those who follow, then the rest; of the followed, those who follow back. */
function nearness({ following, followedBy }: Relation): number {
  if (following) return followedBy ? 0 : 1;
  return followedBy ? 2 : 3;
}

/** Finds people, tags and places by name. */
@Injectable()
export class SearchService {
  constructor(
    private readonly rows: SearchRows,
    private readonly terms: TermRows,
    private readonly visibility: Visibility,
    private readonly people: UserLists,
    private readonly lists: RankedLists,
  ) {}

  async find(input: SearchInput, viewer: Id): Promise<Page<unknown>> {
    const { type } = input;
    const query = input.q.replace(/^[#＃@＠]/, '');
    return this.lists.page(
      `/v1/search ${viewer} ${type} ${query}`,
      input,
      async () => {
        const found = await this.rows.candidates(type, query, viewer);
        return { ids: await this.rank(type === 'users', found, viewer) };
      },
      (ids) => this.show(type, ids, viewer),
    );
  }

  private async rank(isPeople: boolean, found: readonly Found[], viewer: Id): Promise<Id[]> {
    const ids = found.map(({ id }) => id);
    const relations = isPeople ? await this.visibility.relations(viewer, ids) : new Map<Id, Relation>();
    const near = (id: Id) => nearness(relations.get(id) ?? stranger);
    const ranked = [...found].sort((a, b) => near(a.id) - near(b.id) || a.match - b.match || b.size - a.size);
    return ranked.slice(0, MOST).map(({ id }) => id);
  }

  private async show(type: SearchInput['type'], ids: Id[], viewer: Id): Promise<unknown[]> {
    if (type === 'users') return this.people.visible(ids, viewer);
    const rows = await this.terms.read(type === 'tags' ? 'tag' : 'place', ids);
    return ids.flatMap((id) => {
      const row = rows.get(id);
      if (!row) return [];
      const { name, shown, latitude, longitude, posts_count: postsCount } = row;
      return [type === 'tags' ? { tag: name, postsCount } : { name: shown, latitude, longitude, postsCount }];
    });
  }
}
