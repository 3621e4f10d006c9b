import { Injectable } from '@nestjs/common';
import type { Id } from '@app/platform';
import { stranger, Visibility, type Relation } from '@app/domain';
import { UserRows, type Entry, type UserRow } from '@app/storage';
import { Cursors, type ListInput, type Page, type PageRequest } from '../http/cursors.js';
import { UserView } from './user-view.js';
import type { User } from './users.schemas.js';

/** The kind of list: the reader's own lists include people whom they block; suggestions exclude people whom they know. */
type Whose = 'own' | 'shared' | 'suggested';

/** Lists of people stored as entries: scans them by key, and omits people whom the viewer may not see. */
@Injectable()
export class UserLists {
  constructor(
    private readonly cursors: Cursors,
    private readonly users: UserRows,
    private readonly visibility: Visibility,
    private readonly view: UserView,
  ) {}

  async page(
    path: string,
    input: ListInput,
    viewer: Id | null,
    scan: (page: PageRequest) => Promise<Entry[]>,
    whose: Whose = 'shared',
  ): Promise<Page<User>> {
    return this.cursors.list(path, input, scan, (entries) =>
      this.visible(
        entries.map(({ subject }) => subject),
        viewer,
        whose,
      ),
    );
  }

  /** The reader's own block list shows everybody on it; everywhere else the two never meet. */
  async visible(ids: readonly Id[], viewer: Id | null, whose: Whose = 'shared'): Promise<User[]> {
    const [rows, relations] = await Promise.all([
      this.users.findMany(ids),
      this.visibility.relations(viewer, ids),
    ]);
    const seen = ids.flatMap((id) => {
      const row = rows.get(id);
      return row && this.belongs(row, relations.get(id) ?? stranger, whose) ? [row] : [];
    });
    return this.view.users(seen, viewer, relations);
  }

  private belongs(row: UserRow, relation: Relation, whose: Whose): boolean {
    if (whose === 'own') return row.closed_at === null;
    if (whose === 'suggested') return this.visibility.maySuggest(row, relation);
    return this.visibility.mayMeet(row, relation);
  }
}
