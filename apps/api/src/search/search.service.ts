import { Injectable } from '@nestjs/common';
import type { Id } from '@app/platform';
import { SearchRows, TermRows, type Found } from '@app/storage';
import type { Page } from '../http/cursors.js';
import { RankedLists } from '../http/ranked-lists.js';
import { UserLists } from '../users/user-lists.js';
import type { SearchInput } from './search.schemas.js';

/** The maximum number of results. Nobody reads further; they type another letter. */
const MOST = 200;

const byNearness = (a: Found, b: Found): number => a.near - b.near || a.match - b.match || b.size - a.size;

/** Finds people, tags and places by name. */
@Injectable()
export class SearchService {
  constructor(
    private readonly rows: SearchRows,
    private readonly terms: TermRows,
    private readonly people: UserLists,
    private readonly lists: RankedLists,
  ) {}

  async find(
    input: SearchInput,
    viewer: Id,
  ): Promise<Page<unknown> & { type: SearchInput['type']; complete: boolean | null }> {
    const { type } = input;
    const query = input.q.replace(/^[#＃@＠]/, '');
    // Only the first page searches; later pages continue in its results.
    const searched: { complete: boolean | null } = { complete: null };
    const page = await this.lists.page(
      `/v1/search ${viewer} ${type} ${query}`,
      input,
      async () => {
        const { found, complete } = await this.rows.candidates(type, query, viewer);
        searched.complete = complete;
        const ranked = [...found].sort(byNearness).slice(0, MOST);
        return { ids: ranked.map(({ id }) => id) };
      },
      (ids) => this.show(type, ids, viewer),
    );
    return { type, ...page, ...searched };
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
