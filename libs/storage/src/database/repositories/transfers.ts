import { Injectable } from '@nestjs/common';
import type { Id } from '@app/platform';
import { Database } from '../database.js';
import type { Transfer } from '../entities/transfer.js';
import { keyOf, type Queryable } from '../queryable.js';

/** A worker that is presumed dead may still write for this long, in seconds: the row stays, so that what it left is deleted, too. */
const LAST_WRITES = 3_600;

const OPEN_ACCOUNT = `EXISTS (SELECT FROM users u WHERE u.shard = transfers.shard AND u.id = transfers.user_id AND u.closed_at IS NULL)`;
const CURRENT = `shard = $1 AND id = $2 AND attempts = $3 AND state = 'running'`;

/** Exports: from the request, through the attempts to make one, to the deletion of its object. */
@Injectable()
export class TransferRows {
  constructor(private readonly database: Database) {}

  async insert(tx: Queryable, userId: Id, folder: string, locale: string): Promise<Transfer> {
    return (await tx.first<Transfer>(
      'transfer.insert',
      `INSERT INTO transfers (shard, id, user_id, kind, folder, locale)
       VALUES ($1::int, next_id($1::int), $2, 'export', $3, $4) RETURNING *`,
      keyOf(userId, folder, locale),
    )) as Transfer;
  }

  find(id: Id): Promise<Transfer | null> {
    return this.database.findForSure((connection) => connection.byId('transfer.find', 'transfers', id));
  }

  /** The export that is being made, or was asked for within `seconds` and did not fail. */
  lately(tx: Queryable, userId: Id, seconds: number): Promise<Transfer | null> {
    return tx.first(
      'transfer.lately',
      `SELECT * FROM transfers WHERE shard = $1 AND user_id = $2 AND (state IN ('waiting', 'running')
         OR state = 'ready' AND created_at > now() - make_interval(secs => $3)) ORDER BY id DESC LIMIT 1`,
      keyOf(userId, seconds),
    );
  }

  /** The newest export that may be downloaded. */
  newestReady(tx: Queryable, userId: Id): Promise<Transfer | null> {
    return tx.first(
      'transfer.newestReady',
      `SELECT * FROM transfers WHERE shard = $1 AND user_id = $2 AND state = 'ready' AND expires_at > now()
       ORDER BY id DESC LIMIT 1`,
      keyOf(userId),
    );
  }

  /**
   * Takes the next one up, and moves its next attempt on before this one: 1 min, 2 min, 4 min, at most an hour. A worker without a
   * sign of life for `silent` seconds counts as dead. Null when none is due.
   */
  claim(silent: number): Promise<Transfer | null> {
    return this.database.first(
      'transfer.claim',
      `UPDATE transfers SET state = 'running', attempts = attempts + 1, progress = 0, attempted_at = clock_timestamp(),
         next_try_at = clock_timestamp() + make_interval(secs => least(3600, 60 * 2 ^ least(attempts, 6)))
       FROM (SELECT shard, id FROM transfers WHERE state IN ('waiting', 'running') AND next_try_at <= now()
           AND (state = 'waiting' OR attempted_at < now() - make_interval(secs => $1))
         ORDER BY next_try_at LIMIT 1 FOR UPDATE SKIP LOCKED) AS next
       WHERE transfers.shard = next.shard AND transfers.id = next.id RETURNING transfers.*`,
      [silent],
    );
  }

  /** A sign of life of an attempt; false when another has begun, or the account was closed: then it must stop. */
  touch({ id, attempts }: Transfer, progress: number): Promise<boolean> {
    return this.database.touchesOne(
      'transfer.touch',
      `UPDATE transfers SET attempted_at = clock_timestamp(), progress = $4 WHERE ${CURRENT} AND ${OPEN_ACCOUNT}`,
      keyOf(id, attempts, progress),
    );
  }

  /** Its object is stored. False as for `touch`. */
  ready(tx: Queryable, { id, attempts }: Transfer, bytes: number, keptFor: number): Promise<boolean> {
    return tx.touchesOne(
      'transfer.ready',
      `UPDATE transfers SET state = 'ready', progress = 100, bytes = $4, error = NULL,
         expires_at = clock_timestamp() + make_interval(secs => $5) WHERE ${CURRENT} AND ${OPEN_ACCOUNT}`,
      keyOf(id, attempts, bytes, keptFor),
    );
  }

  /** A worker that stops leaves it to the next at once. */
  async release({ id, attempts }: Transfer): Promise<void> {
    await this.database.query(
      'transfer.release',
      `UPDATE transfers SET state = 'waiting', progress = 0, next_try_at = clock_timestamp() WHERE ${CURRENT}`,
      keyOf(id, attempts),
    );
  }

  /** Ends it if the account was closed: signing in opens that again, and another may be asked for then. */
  async endOfClosed({ id, attempts }: Transfer): Promise<void> {
    await this.database.query(
      'transfer.endOfClosed',
      `UPDATE transfers SET state = 'ended', expires_at = now() WHERE ${CURRENT} AND NOT ${OPEN_ACCOUNT}`,
      keyOf(id, attempts),
    );
  }

  /** Waits for its next attempt, or is given up after `triedFor` seconds; returns the state, null where another attempt has begun. */
  failed(
    { id, attempts }: Transfer,
    error: string,
    triedFor: number,
    keptFor: number,
  ): Promise<string | null> {
    return this.database.value(
      'transfer.failed',
      `UPDATE transfers SET error = $4, progress = 0,
         state = CASE WHEN created_at < now() - make_interval(secs => $5) THEN 'failed' ELSE 'waiting' END,
         expires_at = CASE WHEN created_at < now() - make_interval(secs => $5)
           THEN clock_timestamp() + make_interval(secs => $6) END
       WHERE ${CURRENT} RETURNING state`,
      keyOf(id, attempts, error.slice(0, 500), triedFor, keptFor),
    );
  }

  /** Those whose objects are to be deleted. */
  over(limit: number): Promise<Pick<Transfer, 'id' | 'folder' | 'attempts'>[]> {
    return this.database.list(
      'transfer.over',
      `SELECT id, folder, attempts FROM transfers WHERE expires_at <= now() ORDER BY expires_at LIMIT $1`,
      [limit],
    );
  }

  /** The store holds nothing of it; the row goes once nobody can write any more, and until then its objects are deleted again. */
  async forget(id: Id): Promise<void> {
    const isGone = await this.database.touchesOne(
      'transfer.forget',
      `DELETE FROM transfers WHERE shard = $1 AND id = $2 AND expires_at <= now()
         AND (attempted_at IS NULL OR attempted_at < now() - make_interval(secs => $3))`,
      keyOf(id, LAST_WRITES),
    );
    if (isGone) return;
    await this.database.query(
      'transfer.forgetLater',
      `UPDATE transfers SET expires_at = now() + interval '10 minutes' WHERE shard = $1 AND id = $2 AND state = 'ended'`,
      keyOf(id),
    );
  }
}
