import { Injectable } from '@nestjs/common';
import { limits, shardOf, type Id } from '@app/platform';
import { Database } from '../database.js';
import type { RefreshToken, Session } from '../entities/session.js';
import { keyOf, type Queryable } from '../queryable.js';
import type { Origin } from './audit.js';
import { keyPage, type KeyPage } from './entry-page.js';

export type RefreshRow = Omit<RefreshToken, 'shard' | 'session_id'>;

/** The newest generations of a session whose tokens make a device known: a session that is used for a year has thousands. */
const KNOWN_GENERATIONS = 100;
/** A session that was not refreshed for so long, or is so old, is over without having been ended. */
const { refreshToken: IDLE, life: LIFE } = limits.session;

/** Sessions and the hashes of their refresh tokens. */
@Injectable()
export class SessionRows {
  constructor(private readonly database: Database) {}

  async insert(tx: Queryable, userId: Id, { address, userAgent }: Origin): Promise<Session> {
    return (await tx.first<Session>(
      'session.insert',
      `INSERT INTO sessions (shard, id, user_id, user_agent, address)
       VALUES ($1::int, next_id($1::int), $2, $3, $4) RETURNING *`,
      keyOf(userId, userAgent, address),
    )) as Session;
  }

  async insertRefreshToken(tx: Queryable, sessionId: Id, generation: number, hash: Buffer): Promise<void> {
    await tx.query(
      'refreshToken.insert',
      `INSERT INTO refresh_tokens (shard, session_id, generation, hash) VALUES ($1, $2, $3, $4)`,
      keyOf(sessionId, generation, hash),
    );
  }

  /** Locks the session, so that concurrent refreshes run one after the other. */
  lock(tx: Queryable, sessionId: Id): Promise<Session | null> {
    return tx.byId('session.lock', 'sessions', sessionId, 'FOR UPDATE');
  }

  /** `role` is null when the account is closed. */
  find(
    sessionId: Id,
    connection: Queryable = this.database,
  ): Promise<(Session & { role: string | null; password_changed_at: Date | null }) | null> {
    return connection.first(
      'session.find',
      `SELECT s.*, u.role, u.password_changed_at FROM sessions s
       LEFT JOIN users u ON u.shard = s.shard AND u.id = s.user_id AND u.closed_at IS NULL
       WHERE s.shard = $1 AND s.id = $2`,
      keyOf(sessionId),
    );
  }

  /**
   * Whether a device was used with an account: `byClient`, if the account was made, or a session of it begun, with this client on
   * this network; `byToken`, if this is a token of a session of the account that nobody ended, however old. One statement, so that
   * a good token takes no other time than a wrong one or none.
   */
  async knows(
    userId: Id,
    { address, userAgent }: Origin,
    token: { sessionId: Id; hash: Buffer } | null,
    connection: Queryable = this.database,
  ): Promise<{ byClient: boolean; byToken: boolean }> {
    const known = await connection.first<{ byClient: boolean; byToken: boolean }>(
      'session.knows',
      `SELECT
         EXISTS (SELECT FROM audit_events WHERE shard = $1 AND user_id = $2
           AND kind IN ('account.created', 'session.began') AND address = $3 AND user_agent = $4) AS "byClient",
         EXISTS (SELECT FROM sessions WHERE shard = $1 AND id = $5::bigint AND user_id = $2 AND ended_at IS NULL
           AND $6::bytea IN (SELECT hash FROM refresh_tokens WHERE shard = $1 AND session_id = $5::bigint
             ORDER BY generation DESC LIMIT ${KNOWN_GENERATIONS})) AS "byToken"`,
      keyOf(userId, address, userAgent, token?.sessionId ?? null, token?.hash ?? null),
    );
    return known ?? { byClient: false, byToken: false };
  }

  /** Returns those of these sessions that are live. */
  async livingAmong(sessionIds: readonly Id[]): Promise<Set<Id>> {
    return new Set(
      await this.database.values<Id>(
        'session.livingAmong',
        `SELECT s.id FROM unnest($1::int[], $2::bigint[]) AS asked(shard, id)
       JOIN sessions s ON s.shard = asked.shard AND s.id = asked.id AND s.ended_at IS NULL
       JOIN users u ON u.shard = s.shard AND u.id = s.user_id AND u.closed_at IS NULL`,
        [sessionIds.map(shardOf), sessionIds],
      ),
    );
  }

  /**
   * Of a session's tokens, which a year of use makes 35,000: the newest, as many as the limit of refreshes counts, the first, the
   * one of this hash and its successor; newest first.
   */
  refreshTokens(tx: Queryable, sessionId: Id, hash: Buffer | null = null): Promise<RefreshRow[]> {
    return tx.list(
      'refreshToken.list',
      // Only a token that is none of the newest is searched for among all.
      `WITH newest AS MATERIALIZED (SELECT generation, hash FROM refresh_tokens
         WHERE shard = $1 AND session_id = $2 ORDER BY generation DESC LIMIT $4::int),
       old AS MATERIALIZED (SELECT generation FROM refresh_tokens WHERE shard = $1 AND session_id = $2 AND hash = $3
         AND NOT EXISTS (SELECT FROM newest WHERE hash = $3)),
       wanted AS (SELECT generation FROM newest UNION SELECT 1 UNION
         SELECT generation + next FROM old, (VALUES (0), (1)) AS v (next))
       SELECT generation, hash, created_at, first_used_at, used_address, used_user_agent, repeats, repeats_since
       FROM refresh_tokens JOIN wanted USING (generation) WHERE shard = $1 AND session_id = $2 ORDER BY generation DESC`,
      keyOf(sessionId, hash, limits.rates.sessionRefresh.requests),
    );
  }

  async markUsed(
    tx: Queryable,
    sessionId: Id,
    generation: number,
    { address, userAgent }: Origin,
  ): Promise<void> {
    await tx.query(
      'refreshToken.markUsed',
      `UPDATE refresh_tokens SET first_used_at = clock_timestamp(), used_address = $4, used_user_agent = $5
       WHERE shard = $1 AND session_id = $2 AND generation = $3 AND first_used_at IS NULL`,
      keyOf(sessionId, generation, address, userAgent),
    );
    await tx.query(
      'session.refreshed',
      `UPDATE sessions SET refreshed_at = now(), address = $3 WHERE shard = $1 AND id = $2`,
      keyOf(sessionId, address),
    );
  }

  /** Counts a repeat; the first of a window begins it. */
  async markRepeated(tx: Queryable, sessionId: Id, generation: number, repeats: number): Promise<void> {
    await tx.query(
      'refreshToken.markRepeated',
      `UPDATE refresh_tokens SET repeats = $4::int,
         repeats_since = CASE WHEN $4::int = 1 THEN clock_timestamp() ELSE repeats_since END
       WHERE shard = $1 AND session_id = $2 AND generation = $3`,
      keyOf(sessionId, generation, repeats),
    );
  }

  /** A page of a person's live sessions, newest first. */
  living(userId: Id, page: KeyPage): Promise<Session[]> {
    const select = `SELECT * FROM sessions WHERE shard = $1 AND user_id = $2 AND ended_at IS NULL
      AND refreshed_at > now() - make_interval(secs => ${IDLE}) AND created_at > now() - make_interval(secs => ${LIFE})`;
    return keyPage(this.database, ['session.living', select, keyOf(userId)], page);
  }

  /** Ends the person's matching sessions and returns their ids; `except` stays. */
  end(
    tx: Queryable,
    userId: Id,
    which: { only?: Id; except?: Id | null; beyondNewest?: number },
  ): Promise<Id[]> {
    return tx.values(
      'session.end',
      `UPDATE sessions SET ended_at = now()
       WHERE shard = $1 AND user_id = $2 AND ended_at IS NULL
         AND ($3::bigint IS NULL OR id = $3) AND ($4::bigint IS NULL OR id <> $4)
         AND ($5::int IS NULL OR id NOT IN (
           SELECT id FROM sessions WHERE shard = $1 AND user_id = $2 AND ended_at IS NULL ORDER BY id DESC LIMIT $5))
       RETURNING id`,
      keyOf(userId, which.only ?? null, which.except ?? null, which.beyondNewest ?? null),
    );
  }
}
