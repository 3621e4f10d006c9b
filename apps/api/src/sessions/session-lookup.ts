import { Injectable } from '@nestjs/common';
import { problem } from '@app/platform';
import { SessionCache, type Moment } from '@app/feed';
import { SessionRows } from '@app/storage';
import type { Caller } from '../http/call.js';
import type { TokenClaims } from './access-tokens.js';

/** Whether the session behind a token still lives: asked of Redis, then of PostgreSQL, on every request. */
@Injectable()
export class SessionLookup {
  constructor(
    private readonly cache: SessionCache,
    private readonly sessions: SessionRows,
  ) {}

  /** As of `moment` or later. @throws Problem 401 `session_ended` when it was ended, or its account closed */
  async caller({ userId, sessionId }: TokenClaims, moment: Moment): Promise<Caller> {
    const cached = await this.cache.read(sessionId, moment);
    if (cached === 'ended') throw problem('session_ended');
    if (cached !== null) return { userId, sessionId, role: cached };
    const session = await this.sessions.find(sessionId);
    if (!session || session.ended_at !== null || session.role === null || session.user_id !== userId) {
      throw problem('session_ended');
    }
    await this.cache.keep(sessionId, session.role);
    return { userId, sessionId, role: session.role };
  }
}
