import { Injectable } from '@nestjs/common';
import { shardOf, type Id } from '@app/platform';
import { Database, type Queryable } from '../database.js';
import type { KeyPage } from './entry-page.js';

export interface SessionRow {
  id: Id;
  user_id: Id;
  user_agent: string | null;
  created_at: Date;
  refreshed_at: Date;
  ended_at: Date | null;
}

export interface RefreshRow {
  generation: number;
  hash: Buffer;
  first_used_at: Date | null;
}

/** Sessions and the hashes of their refresh tokens. */
@Injectable()
export class SessionRows {
  constructor(private readonly database: Database) {}

  async insert(tx: Queryable, userId: Id, userAgent: string | null): Promise<SessionRow> {
    const { rows } = await tx.query<SessionRow>(
      'session.insert',
      `INSERT INTO sessions (shard, id, user_id, user_agent) VALUES ($1::int, next_id($1::int), $2, $3) RETURNING *`,
      [shardOf(userId), userId, userAgent],
    );
    return rows[0] as SessionRow;
  }

  async insertRefreshToken(tx: Queryable, sessionId: Id, generation: number, hash: Buffer): Promise<void> {
    await tx.query(
      'refreshToken.insert',
      `INSERT INTO refresh_tokens (shard, session_id, generation, hash) VALUES ($1, $2, $3, $4)`,
      [shardOf(sessionId), sessionId, generation, hash],
    );
  }

  /** Locks the session, so that concurrent refreshes run one after the other. */
  async lock(tx: Queryable, sessionId: Id): Promise<SessionRow | null> {
    const { rows } = await tx.query<SessionRow>(
      'session.lock',
      `SELECT * FROM sessions WHERE shard = $1 AND id = $2 FOR UPDATE`,
      [shardOf(sessionId), sessionId],
    );
    return rows[0] ?? null;
  }

  async find(
    sessionId: Id,
    connection: Queryable = this.database,
  ): Promise<(SessionRow & { role: string | null }) | null> {
    const { rows } = await connection.query<SessionRow & { role: string | null }>(
      'session.find',
      `SELECT s.*, u.role FROM sessions s
       LEFT JOIN users u ON u.shard = s.shard AND u.id = s.user_id AND u.closed_at IS NULL
       WHERE s.shard = $1 AND s.id = $2`,
      [shardOf(sessionId), sessionId],
    );
    return rows[0] ?? null;
  }

  /** Returns those of these sessions that are live. */
  async livingAmong(sessionIds: readonly Id[]): Promise<Set<Id>> {
    const { rows } = await this.database.query<{ id: Id }>(
      'session.livingAmong',
      `SELECT s.id FROM unnest($1::int[], $2::bigint[]) AS asked(shard, id)
       JOIN sessions s ON s.shard = asked.shard AND s.id = asked.id AND s.ended_at IS NULL
       JOIN users u ON u.shard = s.shard AND u.id = s.user_id AND u.closed_at IS NULL`,
      [sessionIds.map(shardOf), sessionIds],
    );
    return new Set(rows.map(({ id }) => id));
  }

  async refreshTokens(tx: Queryable, sessionId: Id): Promise<RefreshRow[]> {
    const { rows } = await tx.query<RefreshRow>(
      'refreshToken.list',
      `SELECT generation, hash, first_used_at FROM refresh_tokens
       WHERE shard = $1 AND session_id = $2 ORDER BY generation DESC`,
      [shardOf(sessionId), sessionId],
    );
    return rows;
  }

  async markUsed(tx: Queryable, sessionId: Id, generation: number): Promise<void> {
    const shard = shardOf(sessionId);
    await tx.query(
      'refreshToken.markUsed',
      `UPDATE refresh_tokens SET first_used_at = clock_timestamp()
       WHERE shard = $1 AND session_id = $2 AND generation = $3 AND first_used_at IS NULL`,
      [shard, sessionId, generation],
    );
    await tx.query(
      'session.refreshed',
      `UPDATE sessions SET refreshed_at = now() WHERE shard = $1 AND id = $2`,
      [shard, sessionId],
    );
  }

  /** A page of a person's live sessions, newest first. */
  async living(userId: Id, { limit, before, after }: KeyPage): Promise<SessionRow[]> {
    const { rows } = await this.database.query<SessionRow>(
      'session.living',
      `SELECT * FROM sessions WHERE shard = $1 AND user_id = $2 AND ended_at IS NULL
         AND ($3::bigint IS NULL OR id < $3) AND ($4::bigint IS NULL OR id > $4)
       ORDER BY id ${after === null ? 'DESC' : 'ASC'} LIMIT $5`,
      [shardOf(userId), userId, before, after, limit],
    );
    return after === null ? rows : rows.toReversed();
  }

  /** Ends the person's matching sessions and returns their ids; `except` stays. */
  async end(
    tx: Queryable,
    userId: Id,
    which: { only?: Id; except?: Id | null; beyondNewest?: number },
  ): Promise<Id[]> {
    const { rows } = await tx.query<{ id: Id }>(
      'session.end',
      `UPDATE sessions SET ended_at = now()
       WHERE shard = $1 AND user_id = $2 AND ended_at IS NULL
         AND ($3::bigint IS NULL OR id = $3) AND ($4::bigint IS NULL OR id <> $4)
         AND ($5::int IS NULL OR id NOT IN (
           SELECT id FROM sessions WHERE shard = $1 AND user_id = $2 AND ended_at IS NULL ORDER BY id DESC LIMIT $5))
       RETURNING id`,
      [shardOf(userId), userId, which.only ?? null, which.except ?? null, which.beyondNewest ?? null],
    );
    return rows.map(({ id }) => id);
  }
}
