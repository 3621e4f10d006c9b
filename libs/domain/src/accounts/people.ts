import { Injectable } from '@nestjs/common';
import { fold, problem, type Id } from '@app/platform';
import { Database, EmailRows, UserRows, type AddressStanding, type UserRow } from '@app/storage';
import { Visibility, type Relation } from '../visibility/visibility.js';

/** People, as somebody may see them. */
@Injectable()
export class People {
  constructor(
    private readonly rows: UserRows,
    private readonly emails: EmailRows,
    private readonly visibility: Visibility,
    private readonly database: Database,
  ) {}

  /** @throws Problem 401 when the account is closed */
  async self(userId: Id): Promise<UserRow> {
    const row = await this.database.findForSure((connection) => this.rows.find(userId, connection));
    if (!row || row.closed_at !== null) throw problem('session_ended');
    return row;
  }

  /** What a person sees of their own address. */
  addressOf(user: UserRow): Promise<AddressStanding> {
    return this.emails.standing(user);
  }

  /** A person, with the viewer's relation to them. @throws Problem 404 */
  async visible(userId: Id, viewer: Id | null): Promise<{ row: UserRow; relation: Relation }> {
    const row = await this.rows.find(userId);
    if (!row) throw problem('not_found');
    const relation = await this.visibility.relation(viewer, row.id);
    if (!this.visibility.maySeeProfile(row, relation)) throw problem('not_found');
    return { row, relation };
  }

  /** The same by name. */
  async named(username: string, viewer: Id | null): Promise<{ row: UserRow; relation: Relation }> {
    const name = fold(username);
    const userId = /^[a-z0-9_.]{1,30}$/.test(name) ? await this.rows.idOf('username', name) : null;
    if (userId === null) throw problem('not_found');
    return this.visible(userId, viewer);
  }

  /** A person whose posts, likes and follows the viewer may see. @throws Problem 404 */
  async withContent(userId: Id, viewer: Id | null): Promise<{ row: UserRow; relation: Relation }> {
    const found = await this.visible(userId, viewer);
    if (!this.visibility.maySeeContent(found.row, found.relation)) throw problem('not_found');
    return found;
  }
}
