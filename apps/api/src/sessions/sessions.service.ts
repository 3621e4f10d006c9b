import { Injectable } from '@nestjs/common';
import { limits, problem, type Id } from '@app/platform';
import { SessionRows, UnitOfWork, type RefreshRow, type SessionRow, type Tx } from '@app/storage';
import { LRUCache } from 'lru-cache';
import type { Caller } from '../http/call.js';
import { Cursors, type ListInput, type Page } from '../http/cursors.js';
import { AccessTokens, hashOf, RefreshTokens, sameHash, SessionLookup } from '@app/domain';
import type { Session, SessionEntry } from './sessions.schemas.js';

/** The outcome of a refresh inside its transaction; a reuse must be committed before it is refused. */
type Refreshed = { kind: 'successor'; session: SessionRow; secret: Buffer } | { kind: 'ended' };

@Injectable()
export class SessionsService {
  constructor(
    private readonly sessions: SessionRows,
    private readonly work: UnitOfWork,
    private readonly accessTokens: AccessTokens,
    private readonly refreshTokens: RefreshTokens,
    private readonly lookup: SessionLookup,
    private readonly cursors: Cursors,
  ) {}

  /** Begins a session. The oldest ones above the limit end. */
  async begin(
    tx: Tx,
    userId: Id,
    device: { userAgent: string | null; idempotencyKey: string | null },
  ): Promise<Id> {
    const session = await this.sessions.insert(tx, userId, device.userAgent?.slice(0, 200) ?? null);
    const [secret = Buffer.alloc(0)] = this.refreshTokens.first(session.id, device.idempotencyKey);
    await this.sessions.insertRefreshToken(tx, session.id, 1, hashOf(secret));
    if (device.idempotencyKey === null) tx.afterCommit(() => this.secrets.set(session.id, secret));
    await this.endIn(tx, userId, { beyondNewest: limits.session.perUser });
    return session.id;
  }

  /** First secrets that no key can derive again, from the commit until the response of the same request. */
  private readonly secrets = new LRUCache<Id, Buffer>({ max: 10_000, ttl: 60_000 });

  /** The tokens of a session that `begin` created, also for a repeated request. @throws Problem 410 when it has ended since */
  async first(sessionId: Id, idempotencyKey: string | null): Promise<Session> {
    const session = await this.sessions.find(sessionId);
    if (!session || session.ended_at !== null) throw problem('gone');
    const kept = this.secrets.get(sessionId);
    this.secrets.delete(sessionId);
    const secret = kept ?? (await this.derivedFirst(sessionId, idempotencyKey));
    return this.answer(session, secret);
  }

  /** The session's owner. @throws Problem 410 when it is gone */
  async owner(sessionId: Id): Promise<Id> {
    const session = await this.sessions.find(sessionId);
    if (!session) throw problem('gone');
    return session.user_id;
  }

  private async derivedFirst(sessionId: Id, idempotencyKey: string | null): Promise<Buffer> {
    const stored = await this.work.run((tx) => this.sessions.refreshTokens(tx, sessionId));
    const first = stored.find(({ generation }) => generation === 1);
    const secrets = this.refreshTokens.first(sessionId, idempotencyKey);
    const secret = first && secrets.find((candidate) => sameHash(hashOf(candidate), first.hash));
    if (!secret) throw problem('gone');
    return secret;
  }

  /** The session id inside a refresh token. @throws Problem 401 `session_ended` when there is none */
  idOf(refreshToken: string): Id {
    const token = this.refreshTokens.parse(refreshToken);
    if (!token) throw problem('session_ended');
    return token.sessionId;
  }

  /**
   * Returns the successor of a refresh token: the same one until it is first used and for a minute after.
   *
   * @throws Problem 401 `session_ended` for anything else, which also ends the session when the token is an old one
   */
  async refresh(refreshToken: string): Promise<Session> {
    const token = this.refreshTokens.parse(refreshToken);
    if (!token) throw problem('session_ended');
    const outcome = await this.work.run(async (tx): Promise<Refreshed> => {
      const session = await this.sessions.lock(tx, token.sessionId);
      if (!session || session.ended_at !== null) return { kind: 'ended' };
      const stored = await this.sessions.refreshTokens(tx, token.sessionId);
      const hash = hashOf(token.secret);
      const presented = stored.find((row) => sameHash(row.hash, hash));
      if (!presented) return { kind: 'ended' };
      const successor = stored.find(({ generation }) => generation === presented.generation + 1);
      const secrets = this.refreshTokens.successors(token);
      if (!successor) return this.rotate(tx, session, presented, secrets);
      const secret = secrets.find((candidate) => sameHash(hashOf(candidate), successor.hash));
      if (secret && mayRepeat(successor)) return { kind: 'successor', session, secret };
      await this.endIn(tx, session.user_id, { only: session.id });
      return { kind: 'ended' };
    });
    if (outcome.kind === 'ended') throw problem('session_ended');
    return this.answer(outcome.session, outcome.secret);
  }

  private async rotate(
    tx: Tx,
    session: SessionRow,
    presented: RefreshRow,
    secrets: Buffer[],
  ): Promise<Refreshed> {
    const age = Date.now() - session.refreshed_at.getTime();
    const [secret] = secrets;
    if (!secret || age > limits.session.refreshToken * 1000) {
      await this.endIn(tx, session.user_id, { only: session.id });
      return { kind: 'ended' };
    }
    await this.sessions.markUsed(tx, session.id, presented.generation);
    await this.sessions.insertRefreshToken(tx, session.id, presented.generation + 1, hashOf(secret));
    return { kind: 'successor', session, secret };
  }

  private answer(session: SessionRow, secret: Buffer): Session {
    const { token, expiresAt } = this.accessTokens.make({ userId: session.user_id, sessionId: session.id });
    return {
      id: session.id,
      accessToken: token,
      refreshToken: this.refreshTokens.format({ sessionId: session.id, secret }),
      expiresAt: expiresAt.toISOString(),
      expiresIn: limits.session.accessToken,
    };
  }

  /** The person's active sessions, newest first. */
  async list(path: string, input: ListInput, { userId, sessionId }: Caller): Promise<Page<SessionEntry>> {
    return this.cursors.list(
      path,
      input,
      (page) => this.sessions.living(userId, page),
      (rows) =>
        rows.map((row) => ({
          id: row.id,
          current: row.id === sessionId,
          userAgent: row.user_agent,
          createdAt: row.created_at.toISOString(),
          refreshedAt: row.refreshed_at.toISOString(),
        })),
    );
  }

  /** Ends one of the person's sessions. Returns false when none has that id. */
  async end(userId: Id, sessionId: Id): Promise<boolean> {
    const ended = await this.work.run((tx) => this.endIn(tx, userId, { only: sessionId }));
    return ended.length > 0;
  }

  /** Ends one of the caller's own sessions. Idempotent. @throws Problem 404 unless it is or was the caller's own */
  async endOwn(userId: Id, sessionId: Id): Promise<void> {
    if (await this.end(userId, sessionId)) return;
    const session = await this.sessions.find(sessionId);
    if (session?.user_id !== userId) throw problem('not_found');
  }

  /** Ends sessions within a transaction and returns their ids. */
  async endIn(tx: Tx, userId: Id, which: { only?: Id; except?: Id; beyondNewest?: number }): Promise<Id[]> {
    const ended = await this.sessions.end(tx, userId, which);
    await tx.effect('session.ended', ...ended);
    return ended;
  }
}

/** A successor may be returned again until it is first used, and for a minute after. */
function mayRepeat(successor: RefreshRow): boolean {
  if (successor.first_used_at === null) return true;
  return Date.now() - successor.first_used_at.getTime() <= limits.session.repeatRefresh * 1000;
}
