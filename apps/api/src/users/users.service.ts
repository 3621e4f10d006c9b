import { Injectable } from '@nestjs/common';
import { fold, problem, type Id } from '@app/platform';
import { Database, UserRows, type UserRow } from '@app/storage';
import { Visibility, type Relation } from '@app/domain';
import { UserView } from './user-view.js';
import type { Me, User } from './users.schemas.js';

/** People that a viewer may see. */
@Injectable()
export class UsersService {
  constructor(
    private readonly rows: UserRows,
    private readonly visibility: Visibility,
    private readonly view: UserView,
    private readonly database: Database,
  ) {}

  async me(userId: Id): Promise<Me> {
    const row = await this.database.findForSure((connection) => this.rows.find(userId, connection));
    if (!row || row.closed_at !== null) throw problem('session_ended');
    return this.view.me(row);
  }

  /** A person as the viewer may see them, with the relation between the two. @throws Problem 404 */
  async visible(userId: Id, viewer: Id | null): Promise<{ row: UserRow; relation: Relation }> {
    const row = await this.rows.find(userId);
    if (!row) throw problem('not_found');
    const relation = await this.visibility.relation(viewer, row.id);
    if (!this.visibility.maySeeProfile(row, relation)) throw problem('not_found');
    return { row, relation };
  }

  async show(userId: Id, viewer: Id | null): Promise<User> {
    const { row } = await this.visible(userId, viewer);
    const [user] = await this.view.users([row], viewer);
    return user as User;
  }

  async showByUsername(username: string, viewer: Id | null): Promise<User> {
    const name = fold(username);
    const userId = /^[a-z0-9_.]{1,30}$/.test(name) ? await this.rows.idOf('username', name) : null;
    if (userId === null) throw problem('not_found');
    return this.show(userId, viewer);
  }
}
