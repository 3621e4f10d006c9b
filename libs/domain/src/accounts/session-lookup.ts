import { Injectable } from '@nestjs/common';
import { problem, type Id } from '@app/platform';
import { SessionCache, type ReadSince } from '@app/feed';
import { Database, SessionRows, type Queryable } from '@app/storage';
import type { TokenClaims } from './access-tokens.js';

/** The person and the session of a request's token. */
export interface Caller {
  userId: Id;
  sessionId: Id;
  role: string;
}

/** Checks on every request that a token's session is still active: in Redis, then in PostgreSQL. */
@Injectable()
export class SessionLookup {
  constructor(
    private readonly cache: SessionCache,
    private readonly sessions: SessionRows,
    private readonly database: Database,
  ) {}

  /** As of `since` or later. @throws Problem 401 `session_ended` when it has ended, or its account is closed */
  async caller(claims: TokenClaims, since: ReadSince): Promise<Caller> {
    const { userId, sessionId } = claims;
    const cached = await this.cache.read(sessionId, since);
    if (cached === 'ended') throw problem('session_ended');
    if (cached !== null) return { userId, sessionId, role: cached };
    const role = await this.database.findForSure((connection) => this.roleOf(claims, connection));
    if (role === null) throw problem('session_ended');
    await this.cache.keep(sessionId, role);
    return { userId, sessionId, role };
  }

  /** Returns null when the session has ended. */
  private async roleOf({ userId, sessionId }: TokenClaims, connection: Queryable): Promise<string | null> {
    const session = await this.sessions.find(sessionId, connection);
    return session?.user_id === userId && session.ended_at === null ? session.role : null;
  }
}
