import { Injectable } from '@nestjs/common';
import { counter, limits, problem, Problem } from '@app/platform';
import {
  AuditRows,
  SessionRows,
  type Origin,
  type Queryable,
  type RefreshRow,
  type SessionRow,
} from '@app/storage';
import { hashOf, RefreshTokens, sameHash, type RefreshToken } from './refresh-tokens.js';

/** Lost answers are asked for again: this often in a window of repeats. */
const REPEATS = 3;

/** The rotation of refresh tokens: which secret follows the one that a client shows. */
@Injectable()
export class TokenRotation {
  constructor(
    private readonly rows: SessionRows,
    private readonly tokens: RefreshTokens,
    private readonly audit: AuditRows,
  ) {}

  /**
   * The secret that follows this token in its session, which is locked. A refusal is returned and not thrown where something
   * has to be committed before it.
   *
   * @returns null for an old token: the session has to end
   * @throws Problem 401 `session_ended` for a token that the session never had, and for a session that is over by its age, which is not
   * ended: its last token still makes the device known (`Guesses`); 429 `rate_limited`
   */
  async next(
    tx: Queryable,
    session: SessionRow,
    token: RefreshToken,
    from: Origin,
  ): Promise<Buffer | Problem | null> {
    const hash = hashOf(token.secret);
    const stored = await this.rows.refreshTokens(tx, session.id, hash);
    const presented = stored.find((row) => sameHash(row.hash, hash));
    if (!presented) throw problem('session_ended');
    if (!isWithin(limits.session.life, session.created_at)) throw problem('session_ended');
    const secrets = this.tokens.successors(token);
    const successor = stored.find(({ generation }) => generation === presented.generation + 1);
    if (!successor) return this.rotate(tx, session, stored, secrets[0], from);
    const secret = repeatable(successor, secrets);
    return secret && ((await this.refusedRepeat(tx, session, presented, from)) ?? secret);
  }

  private async rotate(
    tx: Queryable,
    { id, refreshed_at }: SessionRow,
    stored: readonly RefreshRow[],
    secret: Buffer | undefined,
    from: Origin,
  ): Promise<Buffer | null> {
    if (!isWithin(limits.session.refreshToken, refreshed_at)) throw problem('session_ended');
    const { requests, seconds } = limits.rates.sessionRefresh;
    // The newest generation is first. Only genuine tokens make rows, so a forged one cannot use up this limit.
    const earlier = stored[requests - 1];
    if (earlier && isWithin(seconds, earlier.created_at)) throw tooMany(earlier.created_at, seconds);
    if (!secret) return null;
    const generation = stored[0]?.generation ?? 0;
    await this.rows.markUsed(tx, id, generation, from);
    await this.rows.insertRefreshToken(tx, id, generation + 1, hashOf(secret));
    return secret;
  }

  /**
   * Counts a repeat in a window that begins with the first of them. The window ends, so that a client that lost all answers
   * gets one at last; within it a token that was stolen is not worth more than a few answers.
   */
  private async refusedRepeat(
    tx: Queryable,
    { id: sessionId, user_id: userId }: SessionRow,
    presented: RefreshRow,
    from: Origin,
  ): Promise<Problem | null> {
    const seconds = limits.session.repeatRefresh;
    const { generation, repeats_since: since } = presented;
    const earlier = since !== null && isWithin(seconds, since) ? presented.repeats : 0;
    // Those that follow the first refused one are neither written nor recorded.
    if (since !== null && earlier > REPEATS) return tooMany(since, seconds);
    await this.rows.markRepeated(tx, sessionId, generation, earlier + 1);
    if (isElsewhere(presented, from))
      await this.audit.record(tx, 'refresh.repeated', userId, from, { actorId: null, sessionId });
    return since !== null && earlier === REPEATS ? tooMany(since, seconds) : null;
  }
}

/** A successor may be returned again until it is first used, and for a minute after. */
function repeatable({ first_used_at: usedAt, hash }: RefreshRow, secrets: readonly Buffer[]): Buffer | null {
  if (usedAt !== null && !isWithin(limits.session.repeatRefresh, usedAt)) return null;
  return secrets.find((candidate) => sameHash(hashOf(candidate), hash)) ?? null;
}

/** Phones change networks and browsers are updated; who changes both within a lost answer is most likely somebody else. */
function isElsewhere({ used_address, used_user_agent }: RefreshRow, from: Origin): boolean {
  return used_address !== null && used_address !== from.address && used_user_agent !== from.userAgent;
}

function isWithin(seconds: number, time: Date): boolean {
  return Date.now() - time.getTime() <= seconds * 1000;
}

function tooMany(since: Date, seconds: number): Problem {
  counter('narwhal_rate_limited_total').inc({ policy: 'refresh' });
  const left = Math.ceil((since.getTime() - Date.now()) / 1000) + seconds;
  const retryAfter = Math.min(seconds, Math.max(1, left));
  return problem('rate_limited', { params: { retryAfter }, headers: { 'retry-after': String(retryAfter) } });
}
