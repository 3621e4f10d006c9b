import { Injectable } from '@nestjs/common';
import type { Id } from '@app/platform';
import { Database } from '../database.js';
import type { Registration } from '../entities/registration.js';
import type { User } from '../entities/user.js';
import { keyOf, type Queryable } from '../queryable.js';
import type { KeyPage } from './entry-page.js';
import { SearchWords } from './search-words.js';
import type { NewUser } from './users.js';

/**
 * Sign-ups that wait for an admin. They are no users: whatever reads users does not see them. Their names are held in `usernames`
 * as one that somebody gave up and may have back, so that no look-up finds them either.
 */
@Injectable()
export class RegistrationRows {
  constructor(
    private readonly database: Database,
    private readonly words: SearchWords,
  ) {}

  async insert(tx: Queryable, user: NewUser): Promise<Registration> {
    return (await tx.first<Registration>(
      'registration.insert',
      `INSERT INTO registrations (shard, id, username, email, password_hash, display_name, locale, invited_by,
         terms_version, terms_accepted_at, age_checked)
       VALUES ($1::int, next_id($1::int), $2, $3, $4, $5, $6, $7, $8::text, CASE WHEN $8::text IS NOT NULL THEN now() END, $9)
       RETURNING *`,
      [
        Math.floor(Math.random() * 8192),
        user.username,
        user.email,
        user.passwordHash,
        user.displayName,
        user.locale ?? 'en',
        user.invitedBy ?? null,
        user.terms ?? null,
        user.ageChecked ?? null,
      ],
    )) as Registration;
  }

  find(id: Id, connection: Queryable = this.database): Promise<Registration | null> {
    return connection.byId('registration.find', 'registrations', id);
  }

  /** Whoever waits by a username. */
  async named(tx: Queryable, username: string): Promise<Registration | null> {
    const id = await tx.value<Id>(
      'username.waiting',
      `SELECT given_up_by FROM usernames WHERE username = $1 AND given_up_at = 'infinity'`,
      [username],
    );
    return id === null ? null : this.find(id, tx);
  }

  /** A page of those who wait; as in all lists `before` and `after` mean ids below and above. */
  async page({ limit, before, after }: KeyPage): Promise<Registration[]> {
    const upwards = before !== null;
    const rows = await this.database.list<Registration>(
      'registration.page',
      `SELECT * FROM registrations WHERE ($1::bigint IS NULL OR id < $1) AND ($2::bigint IS NULL OR id > $2)
       ORDER BY id ${upwards ? 'DESC' : 'ASC'} LIMIT $3`,
      [before, after, limit],
    );
    return upwards ? rows.toReversed() : rows;
  }

  /** How many wait, counted up to 1,000, and for how many seconds the oldest has; 0 while none does. */
  async waiting(): Promise<{ count: number; age: number }> {
    const sql = `SELECT (SELECT count(*)::int FROM (SELECT FROM registrations LIMIT 1000) AS counted) AS count,
      coalesce((SELECT extract(epoch FROM now() - created_at) FROM registrations ORDER BY id LIMIT 1), 0)::float AS age`;
    return (await this.database.first('registration.waiting', sql, [])) as { count: number; age: number };
  }

  /** Up to `limit` of those who wait whose ids are below this one, oldest first. */
  before(id: Id, limit: number): Promise<Id[]> {
    const sql = `SELECT id FROM registrations WHERE id < $1 ORDER BY id LIMIT $2`;
    return this.database.values('registration.before', sql, [id, limit]);
  }

  /** Takes one from those who wait; null when it is not among them, or somebody else decides on it at this moment. */
  private take(tx: Queryable, id: Id): Promise<Registration | null> {
    return tx.first(
      'registration.take',
      `DELETE FROM registrations WHERE shard = $1 AND id = $2 RETURNING *`,
      keyOf(id),
    );
  }

  /** Makes a user of one who waits; null when they do not. */
  async approve(tx: Queryable, id: Id): Promise<User | null> {
    const waiting = await this.take(tx, id);
    if (!waiting) return null;
    const user = await this.insertUser(tx, waiting);
    const mine = `UPDATE usernames SET user_id = $2, given_up_by = NULL, given_up_at = NULL WHERE username = $1 AND given_up_by = $2`;
    await tx.query('username.take', mine, [waiting.username, id]);
    return user;
  }

  /** Makes a user of a sign-up that waited; they keep its id. */
  private async insertUser(tx: Queryable, waiting: Registration): Promise<User> {
    const user = await tx.first<User>(
      'user.insertWaiting',
      `INSERT INTO users (shard, id, username, email, password_hash, display_name, locale, invited_by, terms_version,
         terms_accepted_at, age_checked) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) RETURNING *`,
      keyOf(
        waiting.id,
        waiting.username,
        waiting.email,
        waiting.password_hash,
        waiting.display_name,
        waiting.locale,
        waiting.invited_by,
        waiting.terms_version,
        waiting.terms_accepted_at,
        waiting.age_checked,
      ),
    );
    await this.words.replace(tx, waiting.id);
    return user as User;
  }

  /** Deletes one who waits, and lets go of the name; null when they do not wait. */
  async refuse(tx: Queryable, id: Id): Promise<Registration | null> {
    const waiting = await this.take(tx, id);
    if (!waiting) return null;
    await tx.query('identity.unlinkAll', `DELETE FROM identities WHERE user_id = $1`, [id]);
    await tx.query('username.release', `DELETE FROM usernames WHERE username = $1 AND given_up_by = $2`, [
      waiting.username,
      id,
    ]);
    return waiting;
  }
}
