import { Injectable } from '@nestjs/common';
import { shardOf, type Id } from '@app/platform';
import { Database, type Queryable } from '../database.js';
import { SearchWords } from './search-words.js';

export interface UserRow {
  id: Id;
  username: string;
  display_name: string;
  bio: string;
  website: string | null;
  email: string;
  password_hash: string;
  private: boolean;
  role: string;
  avatar_folder: string | null;
  avatar_photo_id: Id | null;
  posts_count: number;
  followers_count: number;
  following_count: number;
  version: number;
  created_at: Date;
  closed_at: Date | null;
}

export interface NewUser {
  username: string;
  email: string;
  passwordHash: string;
  displayName: string;
}

export interface ProfileChange {
  display_name?: string;
  bio?: string;
  website?: string | null;
  private?: boolean;
  username?: string;
  password_hash?: string;
  avatar_folder?: string | null;
  avatar_photo_id?: Id | null;
}

const changeable = [
  'display_name',
  'bio',
  'website',
  'private',
  'username',
  'password_hash',
  'avatar_folder',
  'avatar_photo_id',
] as const satisfies readonly (keyof ProfileChange)[];

/** People's rows, and the two tables that keep usernames and emails unique across all shards. */
@Injectable()
export class UserRows {
  constructor(
    private readonly database: Database,
    private readonly words: SearchWords,
  ) {}

  /** Whether an account is ours, for synthetic checks; false also for an unknown name. */
  async isSynthetic(username: string): Promise<boolean> {
    const { rows } = await this.database.query(
      'user.isSynthetic',
      `SELECT 1 FROM usernames n JOIN users u ON u.shard = shard_of(n.user_id) AND u.id = n.user_id
       WHERE n.username = $1 AND u.role = 'synthetic' AND u.closed_at IS NULL`,
      [username.toLowerCase()],
    );
    return rows.length === 1;
  }

  /** Inserts a new person on a randomly drawn shard. */
  async insert(tx: Queryable, user: NewUser): Promise<UserRow> {
    const shard = Math.floor(Math.random() * 8192);
    const { rows } = await tx.query<UserRow>(
      'user.insert',
      `INSERT INTO users (shard, id, username, email, password_hash, display_name)
       VALUES ($1::int, next_id($1::int), $2, $3, $4, $5) RETURNING *`,
      [shard, user.username, user.email, user.passwordHash, user.displayName],
    );
    const row = rows[0] as UserRow;
    await this.words.replace(tx, row.id);
    return row;
  }

  /** Claims a username or an email for a person; false when somebody else has it. */
  async claim(tx: Queryable, what: 'username' | 'email', value: string, userId: Id): Promise<boolean> {
    const table = what === 'username' ? 'usernames' : 'emails';
    const { count } = await tx.query(
      `${what}.claim`,
      `INSERT INTO ${table} (${what}, user_id) VALUES ($1, $2)
       ON CONFLICT (${what}) DO UPDATE SET user_id = excluded.user_id WHERE ${table}.user_id = excluded.user_id`,
      [value, userId],
    );
    return count === 1;
  }

  async release(tx: Queryable, what: 'username' | 'email', value: string, userId: Id): Promise<void> {
    const table = what === 'username' ? 'usernames' : 'emails';
    await tx.query(`${what}.release`, `DELETE FROM ${table} WHERE ${what} = $1 AND user_id = $2`, [
      value,
      userId,
    ]);
  }

  async find(id: Id, connection: Queryable = this.database): Promise<UserRow | null> {
    const { rows } = await connection.query<UserRow>(
      'user.find',
      `SELECT * FROM users WHERE shard = $1 AND id = $2`,
      [shardOf(id), id],
    );
    return rows[0] ?? null;
  }

  async lock(tx: Queryable, id: Id): Promise<UserRow | null> {
    const { rows } = await tx.query<UserRow>(
      'user.lock',
      `SELECT * FROM users WHERE shard = $1 AND id = $2 FOR UPDATE`,
      [shardOf(id), id],
    );
    return rows[0] ?? null;
  }

  /** Reads a person and keeps the row unchanged until this transaction ends; many transactions may hold one. */
  async share(tx: Queryable, id: Id): Promise<UserRow | null> {
    const { rows } = await tx.query<UserRow>(
      'user.share',
      `SELECT * FROM users WHERE shard = $1 AND id = $2 FOR SHARE`,
      [shardOf(id), id],
    );
    return rows[0] ?? null;
  }

  async findMany(ids: readonly Id[]): Promise<Map<Id, UserRow>> {
    const unique = [...new Set(ids)];
    if (unique.length === 0) return new Map();
    const { rows } = await this.database.query<UserRow>(
      'user.findMany',
      `SELECT u.* FROM unnest($1::int[], $2::bigint[]) AS wanted(shard, id)
       JOIN users u ON u.shard = wanted.shard AND u.id = wanted.id`,
      [unique.map(shardOf), unique],
    );
    return new Map(rows.map((row) => [row.id, row]));
  }

  async idOf(
    what: 'username' | 'email',
    value: string,
    connection: Queryable = this.database,
  ): Promise<Id | null> {
    const table = what === 'username' ? 'usernames' : 'emails';
    const { rows } = await connection.query<{ user_id: Id }>(
      `${what}.find`,
      `SELECT user_id FROM ${table} WHERE ${what} = $1`,
      [value],
    );
    return rows[0]?.user_id ?? null;
  }

  /** The owners of these usernames; unknown ones are not in the result. */
  async idsOf(usernames: readonly string[]): Promise<Map<string, Id>> {
    const { rows } = await this.database.query<{ username: string; user_id: Id }>(
      'username.findMany',
      `SELECT username, user_id FROM usernames WHERE username = ANY($1::text[])`,
      [[...new Set(usernames)]],
    );
    return new Map(rows.map(({ username, user_id }) => [username, user_id]));
  }

  /** Changes the named columns, and the version of cached copies. */
  async change(tx: Queryable, id: Id, change: ProfileChange): Promise<UserRow> {
    const columns = changeable.filter((column) => change[column] !== undefined);
    const sets = columns.map((column, index) => `${column} = $${index + 3}`);
    const { rows } = await tx.query<UserRow>(
      'user.change',
      `UPDATE users SET ${['version = version + 1', ...sets].join(', ')} WHERE shard = $1 AND id = $2 RETURNING *`,
      [shardOf(id), id, ...columns.map((column) => change[column])],
    );
    if (columns.includes('username') || columns.includes('display_name')) await this.words.replace(tx, id);
    return rows[0] as UserRow;
  }

  /** Marks the account closed and erases what identifies its owner. */
  async close(tx: Queryable, id: Id): Promise<void> {
    await tx.query(
      'user.close',
      `UPDATE users SET closed_at = now(), version = version + 1, username = 'closed.' || id, email = '',
         display_name = '', bio = '', website = NULL, password_hash = '', avatar_folder = NULL, avatar_photo_id = NULL
       WHERE shard = $1 AND id = $2`,
      [shardOf(id), id],
    );
    await this.words.replace(tx, id);
  }
}
