import { Injectable } from '@nestjs/common';
import type { Id } from '@app/platform';
import { Database } from '../database.js';
import type { Audience, User } from '../entities/user.js';
import { keyOf, type Queryable } from '../queryable.js';
import { SearchWords } from './search-words.js';

export interface NewUser {
  username: string;
  email: string;
  passwordHash: string;
  displayName: string;
  locale: string | null;
}

const changeable = [
  'display_name',
  'bio',
  'website',
  'private',
  'username',
  'email',
  'locale',
  'password_hash',
  'avatar_folder',
  'avatar_photo_id',
] as const satisfies readonly (keyof User)[];

export type ProfileChange = Partial<Pick<User, (typeof changeable)[number]>>;

/** People's rows, and the usernames, which are unique across all shards. */
@Injectable()
export class UserRows {
  constructor(
    private readonly database: Database,
    private readonly words: SearchWords,
  ) {}

  /** Whether an account is ours, for synthetic checks; false also for an unknown name. */
  isSynthetic(username: string): Promise<boolean> {
    return this.database.touchesOne(
      'user.isSynthetic',
      `SELECT 1 FROM usernames n JOIN users u ON u.shard = shard_of(n.user_id) AND u.id = n.user_id
       WHERE n.username = $1 AND u.role = 'synthetic' AND u.closed_at IS NULL`,
      [username.toLowerCase()],
    );
  }

  /** Inserts a new person on a randomly drawn shard. */
  async insert(tx: Queryable, user: NewUser): Promise<User> {
    const shard = Math.floor(Math.random() * 8192);
    const { rows } = await tx.query<User>(
      'user.insert',
      `INSERT INTO users (shard, id, username, email, password_hash, display_name, locale)
       VALUES ($1::int, next_id($1::int), $2, $3, $4, $5, $6) RETURNING *`,
      [shard, user.username, user.email, user.passwordHash, user.displayName, user.locale],
    );
    const row = rows[0] as User;
    await this.words.replace(tx, row.id);
    return row;
  }

  /** Claims a username for a person; false when somebody else has it, or gave it up after `keptSince`. */
  claimUsername(tx: Queryable, username: string, userId: Id, keptSince: Date): Promise<boolean> {
    return tx.touchesOne(
      'username.claim',
      `INSERT INTO usernames (username, user_id) VALUES ($1, $2)
       ON CONFLICT (username) DO UPDATE SET user_id = excluded.user_id, given_up_by = NULL, given_up_at = NULL
       WHERE usernames.user_id = excluded.user_id OR usernames.given_up_by = excluded.user_id
         OR usernames.given_up_at < $3`,
      [username, userId, keptSince],
    );
  }

  async giveUpUsername(tx: Queryable, username: string, userId: Id): Promise<void> {
    await tx.query(
      'username.giveUp',
      `UPDATE usernames SET user_id = NULL, given_up_by = user_id, given_up_at = now()
       WHERE username = $1 AND user_id = $2`,
      [username, userId],
    );
  }

  /** False when the address did not belong to this person. */
  releaseEmail(tx: Queryable, email: string, userId: Id): Promise<boolean> {
    const sql = `DELETE FROM emails WHERE email = $1 AND user_id = $2`;
    return tx.touchesOne('email.release', sql, [email, userId]);
  }

  find(id: Id, connection: Queryable = this.database): Promise<User | null> {
    return connection.byId('user.find', 'users', id);
  }

  lock(tx: Queryable, id: Id): Promise<User | null> {
    return tx.byId('user.lock', 'users', id, 'FOR UPDATE');
  }

  /** Reads a person and keeps the row unchanged until this transaction ends; many transactions may hold one. */
  share(tx: Queryable, id: Id): Promise<User | null> {
    return tx.byId('user.share', 'users', id, 'FOR SHARE');
  }

  findMany(ids: readonly Id[]): Promise<Map<Id, User>> {
    return this.database.byIds('user.findMany', 'users', [...new Set(ids)]);
  }

  async idOf(
    what: 'username' | 'email',
    value: string,
    connection: Queryable = this.database,
  ): Promise<Id | null> {
    const table = what === 'username' ? 'usernames' : 'emails';
    return connection.value<Id>(`${what}.find`, `SELECT user_id FROM ${table} WHERE ${what} = $1`, [value]);
  }

  /** The owners of these usernames; unknown ones are not in the result. */
  async idsOf(usernames: readonly string[]): Promise<Map<string, Id>> {
    const { rows } = await this.database.query<{ username: string; user_id: Id }>(
      'username.findMany',
      `SELECT username, user_id FROM usernames WHERE username = ANY($1::text[]) AND user_id IS NOT NULL`,
      [[...new Set(usernames)]],
    );
    return new Map(rows.map(({ username, user_id }) => [username, user_id]));
  }

  /** Changes the named columns, and the version of cached copies. */
  async change(tx: Queryable, id: Id, change: ProfileChange): Promise<User> {
    const columns = changeable.filter((column) => change[column] !== undefined);
    const sets = columns.map((column, index) => `${column} = $${index + 3}`);
    // The clock, not the transaction's beginning: later than every session that began before this transaction had the lock.
    if (columns.includes('password_hash')) sets.push('password_changed_at = clock_timestamp()');
    const { rows } = await tx.query<User>(
      'user.change',
      `UPDATE users SET ${['version = version + 1', ...sets].join(', ')} WHERE shard = $1 AND id = $2 RETURNING *`,
      keyOf(id, ...columns.map((column) => change[column])),
    );
    if (columns.includes('username') || columns.includes('display_name')) await this.words.replace(tx, id);
    return rows[0] as User;
  }

  /** Moves an author to the next size of audience; false when they are not (or no longer) at `from`. */
  moveAudience(
    author: Id,
    from: Audience,
    to: Audience,
    connection: Queryable = this.database,
  ): Promise<boolean> {
    return connection.touchesOne(
      'audience.move',
      `UPDATE users SET audience = $4 WHERE shard = $1 AND id = $2 AND audience = $3 AND closed_at IS NULL`,
      keyOf(author, from, to),
    );
  }

  /** How an author's posts are delivered now; null when the account is closed. */
  audienceOf(author: Id): Promise<Audience | null> {
    return this.database.value(
      'audience.of',
      `SELECT audience FROM users WHERE shard = $1 AND id = $2 AND closed_at IS NULL`,
      keyOf(author),
    );
  }

  /** Marks the account closed and erases what identifies its owner. */
  async close(tx: Queryable, id: Id): Promise<void> {
    await tx.query(
      'user.close',
      `UPDATE users SET closed_at = now(), version = version + 1, username = 'closed.' || id, email = '',
         display_name = '', bio = '', website = NULL, password_hash = '', avatar_folder = NULL, avatar_photo_id = NULL
       WHERE shard = $1 AND id = $2`,
      keyOf(id),
    );
    await this.words.replace(tx, id);
  }
}
