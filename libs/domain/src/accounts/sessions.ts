import { Injectable } from '@nestjs/common';
import { limits, problem, Problem, type Id } from '@app/platform';
import { SessionRows, UnitOfWork, type Origin, type SessionRow, type Tx } from '@app/storage';
import { AccountRecord } from './account-record.js';
import { LRUCache } from 'lru-cache';
import { AccessTokens, type Caller } from './access-tokens.js';
import {
  formatRefreshToken,
  hashOf,
  parseRefreshToken,
  RefreshTokens,
  sameHash,
  type RefreshToken,
} from './refresh-tokens.js';
import { TokenRotation } from './token-rotation.js';

/** A session with the tokens that its client gets. */
export interface SessionTokens {
  id: Id;
  accessToken: string;
  refreshToken: string;
  expiresAt: Date;
  /** Seconds until then. */
  expiresIn: number;
}

/** The device that signs in; with a request's Idempotency-Key a retry gets the same tokens. */
export interface Device extends Origin {
  idempotencyKey: string | null;
}

interface Successor {
  session: SessionRow;
  secret: Buffer;
}

/** Sessions: their beginning, the rotation of their refresh tokens (docs/decisions/0005), their end. */
@Injectable()
export class Sessions {
  /** First secrets that no key can derive again, from the commit until the response of the same request. */
  private readonly secrets = new LRUCache<Id, Buffer>({ max: 10_000, ttl: 60_000 });

  constructor(
    private readonly rows: SessionRows,
    private readonly work: UnitOfWork,
    private readonly accessTokens: AccessTokens,
    private readonly refreshTokens: RefreshTokens,
    private readonly rotation: TokenRotation,
    private readonly audit: AccountRecord,
  ) {}

  /** Begins a session; `first` then has its tokens. The oldest sessions above the limit end. */
  async begin(tx: Tx, userId: Id, { idempotencyKey, ...from }: Device): Promise<Id> {
    const session = await this.rows.insert(tx, userId, from);
    const [secret = Buffer.alloc(0)] = this.refreshTokens.first(session.id, idempotencyKey);
    await this.rows.insertRefreshToken(tx, session.id, 1, hashOf(secret));
    if (idempotencyKey === null) tx.afterCommit(() => this.secrets.set(session.id, secret));
    await this.endIn(tx, userId, { beyondNewest: limits.session.perUser });
    await this.audit.record(tx, 'session.began', userId, from, { sessionId: session.id });
    return session.id;
  }

  /**
   * The tokens of a session that `begin` created, and its person, also for a repeated request.
   *
   * @throws Problem 410 when it has ended since, or the password was changed: whoever knows only the old one gets no tokens
   */
  async first(id: Id, idempotencyKey: string | null): Promise<{ userId: Id; session: SessionTokens }> {
    // In a transaction, which a replica refuses: one that lags would not know of the change.
    const session = await this.work.run((tx) => this.rows.find(id, tx));
    if (!session || session.ended_at !== null) throw problem('gone');
    if (session.password_changed_at && session.password_changed_at > session.created_at)
      throw problem('gone');
    const kept = this.secrets.get(id);
    this.secrets.delete(id);
    const secret = kept ?? (await this.derivedFirst(id, idempotencyKey));
    return { userId: session.user_id, session: this.tokens(session, secret) };
  }

  private async derivedFirst(id: Id, idempotencyKey: string | null): Promise<Buffer> {
    const stored = await this.work.run((tx) => this.rows.refreshTokens(tx, id));
    const first = stored.find(({ generation }) => generation === 1);
    const secrets = this.refreshTokens.first(id, idempotencyKey);
    const secret = first && secrets.find((candidate) => sameHash(hashOf(candidate), first.hash));
    if (!secret) throw problem('gone');
    return secret;
  }

  /** @throws Problem 401 `session_ended` for text that is no refresh token */
  parse(refreshToken: string): RefreshToken {
    const token = parseRefreshToken(refreshToken);
    if (!token) throw problem('session_ended');
    return token;
  }

  /**
   * Returns the successor of a refresh token: the same one until it is first used and for a minute after.
   *
   * @throws Problem 429 `rate_limited` for a token that comes too often
   * @throws Problem 401 `session_ended` for anything else, which also ends the session when the token is an old one
   */
  async refresh(token: RefreshToken, from: Origin): Promise<SessionTokens> {
    // The end of a session whose old token was used again must be committed before the refusal.
    const next = await this.work.run((tx) => this.successor(tx, token, from));
    if (next instanceof Problem) throw next;
    return this.tokens(next.session, next.secret);
  }

  private async successor(tx: Tx, token: RefreshToken, from: Origin): Promise<Successor | Problem> {
    const session = await this.rows.lock(tx, token.sessionId);
    if (!session || session.ended_at !== null) return problem('session_ended');
    const secret = await this.rotation.next(tx, session, token, from);
    if (secret instanceof Problem) return secret;
    if (secret) return { session, secret };
    await this.endIn(tx, session.user_id, { only: session.id });
    return problem('session_ended');
  }

  private tokens({ id, user_id: userId }: SessionRow, secret: Buffer): SessionTokens {
    const { token, expiresAt } = this.accessTokens.make({ userId, sessionId: id });
    const refreshToken = formatRefreshToken({ sessionId: id, secret });
    return { id, accessToken: token, refreshToken, expiresAt, expiresIn: limits.session.accessToken };
  }

  /** Ends one of the person's sessions. Idempotent. @throws Problem 404 unless it is or was their own */
  async end(userId: Id, sessionId: Id, from: Origin): Promise<void> {
    const ended = await this.work.run(async (tx) => {
      const [one] = await this.endIn(tx, userId, { only: sessionId });
      if (one !== undefined) await this.audit.record(tx, 'session.ended', userId, from, { sessionId });
      return one !== undefined;
    });
    if (ended) return;
    const session = await this.rows.find(sessionId);
    if (session?.user_id !== userId) throw problem('not_found');
  }

  /** Before a change of credentials: the caller's look-up may come from Redis. @throws Problem 401 `session_ended` */
  async mustLive(tx: Tx, { userId, sessionId }: Caller): Promise<void> {
    const session = await this.rows.lock(tx, sessionId);
    if (session?.user_id !== userId || session.ended_at !== null) throw problem('session_ended');
  }

  /** Ends all sessions of a person but the one that asks. @throws Problem 401 `session_ended` when that one has ended */
  async endOthers(caller: Caller, from: Origin): Promise<void> {
    await this.work.run(async (tx) => {
      await this.mustLive(tx, caller);
      const { length: count } = await this.endIn(tx, caller.userId, { except: caller.sessionId });
      if (count > 0) await this.audit.record(tx, 'sessions.ended', caller.userId, from, { count });
    });
  }

  /** Ends sessions within a transaction and returns their ids. */
  async endIn(tx: Tx, userId: Id, which: { only?: Id; except?: Id; beyondNewest?: number }): Promise<Id[]> {
    const ended = await this.rows.end(tx, userId, which);
    await tx.effect('session.ended', ...ended);
    return ended;
  }
}
