import { Injectable } from '@nestjs/common';
import type { Id } from '@app/platform';
import { Database } from '../database.js';
import type { Identity } from '../entities/user.js';
import type { Queryable } from '../queryable.js';

/** Somebody, as a provider knows them. */
export type IdentityName = Pick<Identity, 'provider' | 'subject'>;

/** By which identities at providers people sign in. A person has one of each provider at most. */
@Injectable()
export class IdentityRows {
  constructor(private readonly database: Database) {}

  /** Whose it is; null for nobody. */
  ownerOf(name: IdentityName, connection: Queryable): Promise<Id | null> {
    const sql = `SELECT user_id FROM identities WHERE provider = $1 AND subject = $2`;
    return connection.value<Id>('identity.owner', sql, [name.provider, name.subject]);
  }

  /** A person's, oldest first. */
  of(userId: Id, connection: Queryable = this.database): Promise<Identity[]> {
    return connection.list<Identity>(
      'identity.of',
      `SELECT * FROM identities WHERE user_id = $1 ORDER BY created_at, provider`,
      [userId],
    );
  }

  /** Links one to a locked account, or to a sign-up that waits; false when it is somebody else's. */
  link(tx: Queryable, userId: Id, name: IdentityName, email: string | null): Promise<boolean> {
    return tx.touchesOne(
      'identity.link',
      `INSERT INTO identities (provider, subject, user_id, email) VALUES ($1, $2, $3, $4)
       ON CONFLICT (provider, subject) DO NOTHING`,
      [name.provider, name.subject, userId, email],
    );
  }

  /** Notes a sign-in by it. */
  async used(tx: Queryable, name: IdentityName): Promise<void> {
    const sql = `UPDATE identities SET used_at = clock_timestamp() WHERE provider = $1 AND subject = $2`;
    await tx.query('identity.used', sql, [name.provider, name.subject]);
  }

  async unlink(tx: Queryable, name: IdentityName): Promise<void> {
    const sql = `DELETE FROM identities WHERE provider = $1 AND subject = $2`;
    await tx.query('identity.unlink', sql, [name.provider, name.subject]);
  }

  /** Of an account that is erased. */
  async unlinkAll(tx: Queryable, userId: Id): Promise<void> {
    await tx.query('identity.unlinkAll', `DELETE FROM identities WHERE user_id = $1`, [userId]);
  }
}
