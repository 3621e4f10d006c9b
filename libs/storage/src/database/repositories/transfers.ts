import { Injectable } from '@nestjs/common';
import type { Id } from '@app/platform';
import { Database } from '../database.js';
import type { ImportReport, Transfer, TransferKind } from '../entities/transfer.js';
import { keyOf, type Queryable } from '../queryable.js';

/** A worker that is presumed dead may still write for this long, in seconds: the row stays, so that what it left is deleted, too. */
const LAST_WRITES = 3_600;

const OPEN_ACCOUNT = `EXISTS (SELECT FROM users u WHERE u.shard = transfers.shard AND u.id = transfers.user_id AND u.closed_at IS NULL)`;
const CURRENT = `shard = $1 AND id = $2 AND attempts = $3 AND state IN ('running', 'importing')`;
const WAITS = `CASE kind WHEN 'export' THEN 'waiting' ELSE 'queued' END`;
const RUNS = `CASE kind WHEN 'export' THEN 'running' ELSE 'importing' END`;

/** Exports and imports: from the request, through the attempts, to the deletion of its objects. */
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

  /** Of a zip that is in the store. */
  async insertImport(
    tx: Queryable,
    userId: Id,
    uploadId: Id,
    folder: string,
    locale: string,
  ): Promise<Transfer> {
    return (await tx.first<Transfer>(
      'transfer.insertImport',
      `INSERT INTO transfers (shard, id, user_id, kind, state, folder, locale, upload_id)
       VALUES ($1::int, next_id($1::int), $2, 'import', 'queued', $3, $4, $5) RETURNING *`,
      keyOf(userId, folder, locale, uploadId),
    )) as Transfer;
  }

  /** The import of a zip. */
  ofUpload(tx: Queryable, userId: Id, uploadId: Id): Promise<Transfer | null> {
    return tx.first(
      'transfer.ofUpload',
      `SELECT * FROM transfers WHERE shard = $1 AND user_id = $2 AND upload_id = $3`,
      keyOf(userId, uploadId),
    );
  }

  find(id: Id): Promise<Transfer | null> {
    return this.database.findForSure((connection) => connection.byId('transfer.find', 'transfers', id));
  }

  /** The export that is being made, or was asked for within `seconds` and did not fail. */
  lately(tx: Queryable, userId: Id, seconds: number): Promise<Transfer | null> {
    return tx.first(
      'transfer.lately',
      `SELECT * FROM transfers WHERE shard = $1 AND user_id = $2 AND kind = 'export' AND (state IN ('waiting', 'running')
         OR state = 'ready' AND created_at > now() - make_interval(secs => $3)) ORDER BY id DESC LIMIT 1`,
      keyOf(userId, seconds),
    );
  }

  /** The newest export that may be downloaded. */
  newestReady(tx: Queryable, userId: Id): Promise<Transfer | null> {
    return tx.first(
      'transfer.newestReady',
      `SELECT * FROM transfers WHERE shard = $1 AND user_id = $2 AND kind = 'export' AND state = 'ready' AND expires_at > now()
       ORDER BY id DESC LIMIT 1`,
      keyOf(userId),
    );
  }

  /**
   * Takes the next one up, and moves its next attempt on before this one: 1 min, 2 min, 4 min, at most an hour. A worker without a
   * sign of life for `silent` seconds counts as dead. Null when none is due.
   */
  claim(kind: TransferKind, silent: number): Promise<Transfer | null> {
    return this.database.first(
      'transfer.claim',
      `UPDATE transfers SET state = ${RUNS}, attempts = attempts + 1, attempted_at = clock_timestamp(),
         progress = CASE kind WHEN 'export' THEN 0 ELSE progress END, waiting_for = NULL,
         next_try_at = clock_timestamp() + make_interval(secs => least(3600, 60 * 2 ^ least(attempts, 6)))
       FROM (SELECT shard, id FROM transfers WHERE kind = $2 AND state IN ('waiting', 'running', 'queued', 'importing')
           AND next_try_at <= now() AND (state IN ('waiting', 'queued') OR attempted_at < now() - make_interval(secs => $1))
         ORDER BY next_try_at LIMIT 1 FOR UPDATE SKIP LOCKED) AS next
       WHERE transfers.shard = next.shard AND transfers.id = next.id RETURNING transfers.*`,
      [silent, kind],
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

  /** A post of an import was made or left out: if this worker dies, the next goes on at once. False as for `touch`. */
  advance(
    tx: Queryable,
    { id, attempts }: Transfer,
    { done, progress, report }: { done: number; progress: number; report: ImportReport },
  ): Promise<boolean> {
    return tx.touchesOne(
      'transfer.advance',
      `UPDATE transfers SET done = $4, progress = $5, report = $6::jsonb, error = NULL, failing_since = NULL,
         attempted_at = clock_timestamp(), next_try_at = clock_timestamp()
       WHERE ${CURRENT} AND ${OPEN_ACCOUNT}`,
      keyOf(id, attempts, done, progress, JSON.stringify(report)),
    );
  }

  /** There is no room for what comes next: the next attempt begins after `seconds`. */
  async waitFor({ id, attempts }: Transfer, waitingFor: 'quota' | 'disk', seconds: number): Promise<void> {
    await this.database.query(
      'transfer.waitFor',
      `UPDATE transfers SET state = ${WAITS}, waiting_for = $4, error = NULL, failing_since = NULL,
         next_try_at = clock_timestamp() + make_interval(secs => $5) WHERE ${CURRENT}`,
      keyOf(id, attempts, waitingFor, seconds),
    );
  }

  /** Nothing can come of it. False where another attempt has begun. */
  giveUp({ id, attempts }: Transfer, code: string, keptFor: number): Promise<boolean> {
    return this.database.touchesOne(
      'transfer.giveUp',
      `UPDATE transfers SET state = 'failed', error = $4, expires_at = clock_timestamp() + make_interval(secs => $5)
       WHERE ${CURRENT}`,
      keyOf(id, attempts, code, keptFor),
    );
  }

  /** Its object is stored, or all of its posts were taken. False as for `touch`. */
  ready(tx: Queryable, { id, attempts }: Transfer, bytes: number | null, keptFor: number): Promise<boolean> {
    return tx.touchesOne(
      'transfer.ready',
      `UPDATE transfers SET state = 'ready', progress = 100, bytes = $4, error = NULL, failing_since = NULL,
         expires_at = clock_timestamp() + make_interval(secs => $5) WHERE ${CURRENT} AND ${OPEN_ACCOUNT}`,
      keyOf(id, attempts, bytes, keptFor),
    );
  }

  /** A worker that stops leaves it to the next at once. */
  async release({ id, attempts }: Transfer): Promise<void> {
    await this.database.query(
      'transfer.release',
      `UPDATE transfers SET state = ${WAITS}, progress = CASE kind WHEN 'export' THEN 0 ELSE progress END,
         next_try_at = clock_timestamp() WHERE ${CURRENT}`,
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
      `UPDATE transfers SET error = $4, failing_since = coalesce(failing_since, clock_timestamp()),
         next_try_at = greatest(next_try_at, clock_timestamp() + interval '1 minute'),
         progress = CASE kind WHEN 'export' THEN 0 ELSE progress END,
         state = CASE WHEN created_at < now() - make_interval(secs => $5) THEN 'failed' ELSE ${WAITS} END,
         expires_at = CASE WHEN created_at < now() - make_interval(secs => $5)
           THEN clock_timestamp() + make_interval(secs => $6) END
       WHERE ${CURRENT} RETURNING state`,
      keyOf(id, attempts, error.slice(0, 500), triedFor, keptFor),
    );
  }

  /** Those whose objects are to be deleted. */
  over(limit: number): Promise<Pick<Transfer, 'id' | 'kind' | 'folder' | 'attempts' | 'upload_id'>[]> {
    return this.database.list(
      'transfer.over',
      `SELECT id, kind, folder, attempts, upload_id FROM transfers WHERE expires_at <= now() ORDER BY expires_at LIMIT $1`,
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
