import { createHash, randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { Id } from '@app/platform';
import type { IdempotencyKey } from '../entities/later-work.js';
import type { Queryable } from '../queryable.js';

export interface KeyedRequest {
  /** 0 when nobody is signed in. */
  callerId: Id;
  path: string;
  key: string;
}

export type KeptOutcome = Pick<IdempotencyKey, 'fingerprint' | 'status' | 'made_id'>;

/** A caller's keys share a shard; anonymous keys are spread, since they have no shard of their own. */
function shardOfKey({ callerId, key }: KeyedRequest): number {
  const digest = createHash('sha256')
    .update(`${callerId} ${callerId === '0' ? key : ''}`)
    .digest();
  return digest.readUInt16BE() & 8191;
}

/** Outcomes of requests with an Idempotency-Key, written in the effect's own transaction. */
@Injectable()
export class IdempotencyRows {
  /**
   * Claims the key; null when it is claimed now, else the outcome of an earlier request. Waits for a request that is
   * running.
   *
   * @throws the database's error 55P03 when that takes longer than `waitSeconds`
   */
  async claim(
    tx: Queryable,
    request: KeyedRequest,
    fingerprint: Buffer,
    { waitSeconds, keptFor }: { waitSeconds: number; keptFor: number },
  ): Promise<KeptOutcome | null> {
    const place = [shardOfKey(request), request.callerId, request.path, request.key];
    await tx.query('idempotency.wait', `SELECT set_config('lock_timeout', $1, true)`, [`${waitSeconds}s`]);
    const { count } = await tx.query(
      'idempotency.claim',
      `INSERT INTO idempotency_keys AS kept (shard, caller_id, path, key, fingerprint) VALUES ($1, $2, $3, $4, $5)
       ON CONFLICT (shard, caller_id, path, key) DO UPDATE
       SET fingerprint = excluded.fingerprint, status = NULL, made_id = NULL, created_at = now()
       WHERE kept.created_at < now() - make_interval(secs => $6)`,
      [...place, fingerprint, keptFor],
    );
    await tx.query('idempotency.waited', `SELECT set_config('lock_timeout', '0', true)`);
    if (count === 1) return null;
    return tx.first<KeptOutcome>(
      'idempotency.find',
      `SELECT fingerprint, status, made_id FROM idempotency_keys
       WHERE shard = $1 AND caller_id = $2 AND path = $3 AND key = $4`,
      place,
    );
  }

  async keep(
    tx: Queryable,
    request: KeyedRequest,
    outcome: { status: number; madeId: Id | null },
  ): Promise<void> {
    await tx.query(
      'idempotency.keep',
      `UPDATE idempotency_keys SET status = $5, made_id = $6
       WHERE shard = $1 AND caller_id = $2 AND path = $3 AND key = $4`,
      [shardOfKey(request), request.callerId, request.path, request.key, outcome.status, outcome.madeId],
    );
  }

  /** Gives up a claim whose request was refused. */
  async forget(tx: Queryable, request: KeyedRequest): Promise<void> {
    await tx.query(
      'idempotency.giveUp',
      `DELETE FROM idempotency_keys WHERE shard = $1 AND caller_id = $2 AND path = $3 AND key = $4`,
      [shardOfKey(request), request.callerId, request.path, request.key],
    );
  }

  /**
   * Uses up an ID token; false when another request has. The same one may again: the answer to it was lost.
   *
   * @param request what tells one request from others; null for one that cannot be repeated
   */
  async useToken(tx: Queryable, token: Buffer, request: string | null): Promise<boolean> {
    const key = token.toString('base64url');
    const keyed = { callerId: '0', path: 'id-token', key };
    const fingerprint = request === null ? randomBytes(32) : createHash('sha256').update(request).digest();
    return tx.touchesOne(
      'idToken.use',
      `INSERT INTO idempotency_keys AS used (shard, caller_id, path, key, fingerprint, status) VALUES ($1, $2, $3, $4, $5, 200)
       ON CONFLICT (shard, caller_id, path, key) DO UPDATE SET fingerprint = excluded.fingerprint
       WHERE used.fingerprint = excluded.fingerprint`,
      [shardOfKey(keyed), keyed.callerId, keyed.path, key, fingerprint],
    );
  }

  async forgetOlderThan(connection: Queryable, seconds: number): Promise<number> {
    const { count } = await connection.query(
      'idempotency.forget',
      `DELETE FROM idempotency_keys WHERE created_at < now() - make_interval(secs => $1)`,
      [seconds],
    );
    return count;
  }
}
