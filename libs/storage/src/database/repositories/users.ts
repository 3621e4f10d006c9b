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
  /** Whose invitation they came by. */
  invitedBy?: Id | null;
  /** The version of the terms that they accepted. */
  terms?: string | null;
  /** The minimum age that they have reached. */
  ageChecked?: number | null;
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

/** Whether its owner may still sign in: the account is open, or closed and not yet erased. */
export const mayReturn = ({ closed_at, erase_at }: Pick<User, 'closed_at' | 'erase_at'>): boolean =>
  closed_at === null || erase_at !== null;

/** A username of an erased account, as SQL. */
const hashed = (name: string): string => `'#' || encode(sha256(convert_to(${name}, 'UTF8')), 'hex')`;

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
      `INSERT INTO users (shard, id, username, email, password_hash, display_name, locale, invited_by, terms_version,
         terms_accepted_at, age_checked)
       VALUES ($1::int, next_id($1::int), $2, $3, $4, $5, $6, $7, $8::text, CASE WHEN $8::text IS NOT NULL THEN now() END, $9)
       RETURNING *`,
      [
        shard,
        user.username,
        user.email,
        user.passwordHash,
        user.displayName,
        user.locale,
        user.invitedBy ?? null,
        user.terms ?? null,
        user.ageChecked ?? null,
      ],
    );
    const row = rows[0] as User;
    await this.words.replace(tx, row.id);
    return row;
  }

  async acceptTerms(tx: Queryable, id: Id, version: string): Promise<void> {
    await tx.query(
      'user.acceptTerms',
      `UPDATE users SET terms_version = $3, terms_accepted_at = now()
       WHERE shard = $1 AND id = $2 AND terms_version IS DISTINCT FROM $3`,
      keyOf(id, version),
    );
  }

  /** Claims a username for a person; false when somebody else has it, or gave it up after `keptSince`: then roll back. */
  async claimUsername(tx: Queryable, username: string, userId: Id, keptSince: Date): Promise<boolean> {
    const claimed = await tx.touchesOne(
      'username.claim',
      `INSERT INTO usernames (username, user_id) VALUES ($1, $2)
       ON CONFLICT (username) DO UPDATE SET user_id = excluded.user_id, given_up_by = NULL, given_up_at = NULL
       WHERE usernames.user_id = excluded.user_id OR usernames.given_up_by = excluded.user_id
         OR usernames.given_up_at < $3`,
      [username, userId, keptSince],
    );
    return claimed && !(await this.isHeld(tx, username, keptSince));
  }

  /** Holds a username for a sign-up that waits, as one that it gave up; false as above. */
  async holdUsername(tx: Queryable, username: string, id: Id, keptSince: Date): Promise<boolean> {
    const claimed = await tx.touchesOne(
      'username.hold',
      `INSERT INTO usernames (username, given_up_by, given_up_at) VALUES ($1, $2, 'infinity')
       ON CONFLICT (username) DO UPDATE SET given_up_by = excluded.given_up_by, given_up_at = 'infinity'
       WHERE usernames.given_up_at < $3`,
      [username, id, keptSince],
    );
    return claimed && !(await this.isHeld(tx, username, keptSince));
  }

  /** Asked after the insert, which waits for an erasure that is about to put the hash in the name's place. */
  private isHeld(tx: Queryable, username: string, keptSince: Date): Promise<boolean> {
    return tx.touchesOne(
      'username.held',
      `SELECT 1 FROM usernames WHERE username = ${hashed('$1')} AND given_up_at >= $2`,
      [username, keptSince],
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

  /** Of an account that is erased, the names are held as hashes: its present one, and those that it gave up. */
  async hashNames(tx: Queryable, { id, username }: Pick<User, 'id' | 'username'>): Promise<void> {
    await tx.query(
      'username.hash',
      `WITH gone AS (DELETE FROM usernames WHERE (username = $2 AND user_id = $1) OR given_up_by = $1
         RETURNING username, coalesce(given_up_at, now()) AS at)
       INSERT INTO usernames (username, given_up_at) SELECT ${hashed('username')}, at FROM gone
       ON CONFLICT (username) DO UPDATE SET given_up_at = excluded.given_up_at`,
      [id, username],
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

  /** Closes an account, which is erased then. */
  async close(tx: Queryable, id: Id, eraseAt: Date): Promise<void> {
    await tx.query(
      'user.close',
      `UPDATE users SET closed_at = now(), erase_at = $3, version = version + 1 WHERE shard = $1 AND id = $2`,
      keyOf(id, eraseAt),
    );
    await this.words.replace(tx, id);
  }

  /** Opens a closed account again that is not yet erased; false for any other. */
  async reopen(tx: Queryable, id: Id): Promise<boolean> {
    const reopened = await tx.touchesOne(
      'user.reopen',
      `UPDATE users SET closed_at = NULL, erase_at = NULL, version = version + 1
       WHERE shard = $1 AND id = $2 AND erase_at IS NOT NULL`,
      keyOf(id),
    );
    if (reopened) await this.words.replace(tx, id);
    return reopened;
  }

  /** Closed accounts whose time has come. */
  leaving(limit: number): Promise<Id[]> {
    return this.database.values(
      'user.leaving',
      `SELECT id FROM users WHERE erase_at <= now() ORDER BY erase_at LIMIT $1`,
      [limit],
    );
  }

  /** Erases what identifies the owner of a closed account, which cannot be opened again. */
  async blank(tx: Queryable, id: Id): Promise<void> {
    await tx.query(
      'user.blank',
      `UPDATE users SET erase_at = NULL, version = version + 1, username = 'closed.' || id, email = '',
         display_name = '', bio = '', website = NULL, password_hash = '', avatar_folder = NULL, avatar_photo_id = NULL,
         invited_by = NULL, terms_version = NULL, terms_accepted_at = NULL, age_checked = NULL
       WHERE shard = $1 AND id = $2`,
      keyOf(id),
    );
  }
}
