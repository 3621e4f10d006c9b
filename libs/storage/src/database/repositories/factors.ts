import { Injectable } from '@nestjs/common';
import type { Id } from '@app/platform';
import { Database } from '../database.js';
import type { Factor } from '../entities/factor.js';
import { keyOf, type Queryable } from '../queryable.js';
import { keyPage, type KeyPage } from './entry-page.js';

/** A secret as it is stored, and the id of the key that sealed it. */
export interface SealedSecret {
  secret: string;
  sealedBy: string;
}

/** Wrong codes are forgotten after a day. */
const LATELY = `guesses_since > clock_timestamp() - interval '1 day'`;

/** What proves people beside their password. Whoever changes or uses a person's factors holds the lock of their account. */
@Injectable()
export class FactorRows {
  constructor(private readonly database: Database) {}

  /** All of a person, oldest first: TOTP that nobody has confirmed and recovery codes that were used, too. */
  of(connection: Queryable, userId: Id): Promise<Factor[]> {
    const sql = `SELECT * FROM factors WHERE shard = $1 AND user_id = $2 ORDER BY id`;
    return connection.list('factor.of', sql, keyOf(userId));
  }

  /** A TOTP secret that waits for its first code. */
  async beginTotp(tx: Queryable, userId: Id, { secret, sealedBy }: SealedSecret): Promise<void> {
    await tx.query(
      'factor.beginTotp',
      `INSERT INTO factors (shard, id, user_id, kind, secret, sealed_by)
       VALUES ($1::int, next_id($1::int), $2, 'totp', $3, $4)`,
      keyOf(userId, secret, sealedBy),
    );
  }

  /** Takes recovery codes into use. */
  async insertCodes(tx: Queryable, userId: Id, hashes: readonly Buffer[]): Promise<void> {
    await tx.query(
      'factor.insertCodes',
      `INSERT INTO factors (shard, id, user_id, kind, hash, confirmed_at)
       SELECT $1::int, next_id($1::int), $2, 'recovery', hash, clock_timestamp() FROM unnest($3::bytea[]) AS made (hash)`,
      keyOf(userId, hashes),
    );
  }

  async insertPasskey(
    tx: Queryable,
    userId: Id,
    made: { name: string; credentialId: Buffer; publicKey: Buffer; counter: number; transports: string[] },
  ): Promise<Id> {
    return (await tx.value<Id>(
      'factor.insertPasskey',
      `INSERT INTO factors (shard, id, user_id, kind, name, credential_id, public_key, counter, transports, confirmed_at)
       VALUES ($1::int, next_id($1::int), $2, 'passkey', $3, $4, $5, $6, $7, clock_timestamp()) RETURNING id`,
      keyOf(userId, made.name, made.credentialId, made.publicKey, made.counter, made.transports),
    )) as Id;
  }

  find(id: Id, connection: Queryable = this.database): Promise<Factor | null> {
    return connection.byId('factor.find', 'factors', id);
  }

  /** A page of a person's passkeys, newest first. */
  passkeys(userId: Id, page: KeyPage): Promise<Factor[]> {
    const select = `SELECT * FROM factors WHERE shard = $1 AND user_id = $2 AND kind = 'passkey'`;
    return keyPage(this.database, ['factor.passkeys', select, keyOf(userId)], page);
  }

  /** Begins the removal of all factors of a person, who has `seconds` to stop it. */
  async beginRemoval(tx: Queryable, userId: Id, seconds: number): Promise<void> {
    await tx.query(
      'factor.beginRemoval',
      `INSERT INTO factors (shard, id, user_id, kind, due_at)
       VALUES ($1::int, next_id($1::int), $2, 'removal', clock_timestamp() + make_interval(secs => $3))`,
      keyOf(userId, seconds),
    );
  }

  /** Removals that nobody has stopped in time. */
  dueRemovals(limit: number): Promise<Pick<Factor, 'id' | 'user_id'>[]> {
    const sql = `SELECT id, user_id FROM factors WHERE due_at <= now() ORDER BY due_at LIMIT $1`;
    return this.database.list('factor.dueRemovals', sql, [limit]);
  }

  /** Marks one used; `step` is the newest that counts from now on. Confirms what was not. */
  async use(tx: Queryable, id: Id, step: number | null, counter: number | null = null): Promise<void> {
    await tx.query(
      'factor.use',
      `UPDATE factors SET used_at = clock_timestamp(), confirmed_at = coalesce(confirmed_at, clock_timestamp()),
         step = coalesce($3::bigint, step), counter = coalesce($4::bigint, counter) WHERE shard = $1 AND id = $2`,
      keyOf(id, step, counter),
    );
  }

  /** Counts a wrong code of TOTP. */
  async countGuess(tx: Queryable, id: Id): Promise<void> {
    await tx.query(
      'factor.countGuess',
      `UPDATE factors SET guesses = CASE WHEN ${LATELY} THEN guesses + 1 ELSE 1 END,
         guesses_since = CASE WHEN ${LATELY} THEN guesses_since ELSE clock_timestamp() END WHERE shard = $1 AND id = $2`,
      keyOf(id),
    );
  }

  async remove(tx: Queryable, userId: Id, ids: readonly Id[]): Promise<void> {
    await tx.query(
      'factor.remove',
      `DELETE FROM factors WHERE shard = $1 AND user_id = $2 AND id = ANY ($3::bigint[])`,
      keyOf(userId, ids),
    );
  }

  /** Removes those that were made since, recovery codes and identities at providers, too. */
  async removeSince(tx: Queryable, userId: Id, since: Date): Promise<void> {
    await tx.query(
      'factor.removeSince',
      `DELETE FROM factors WHERE shard = $1 AND user_id = $2 AND created_at >= $3`,
      keyOf(userId, since),
    );
    const identities = `DELETE FROM identities WHERE user_id = $1 AND created_at >= $2`;
    await tx.query('identity.unlinkSince', identities, [userId, since]);
  }

  /** Secrets that these keys sealed. */
  sealedBy(keyIds: readonly string[], limit: number): Promise<{ id: Id; user_id: Id; secret: string }[]> {
    return this.database.list(
      'factor.sealedBy',
      `SELECT id, user_id, secret FROM factors WHERE secret IS NOT NULL AND sealed_by = ANY ($1::text[]) LIMIT $2`,
      [keyIds, limit],
    );
  }

  /** Replaces a secret's seal, unless it has changed. */
  async sealAgain(id: Id, before: string, { secret, sealedBy }: SealedSecret): Promise<void> {
    await this.database.query(
      'factor.sealAgain',
      `UPDATE factors SET secret = $4, sealed_by = $5 WHERE shard = $1 AND id = $2 AND secret = $3`,
      keyOf(id, before, secret, sealedBy),
    );
  }
}
