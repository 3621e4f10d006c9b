import { Injectable } from '@nestjs/common';
import type { Id } from '@app/platform';

/** Sessions that were looked up, for the length of an access token; absent means: ask PostgreSQL. */
@Injectable()
export class SessionCache {
  /** The text that was kept, `'ended'`, or null when nothing is known or Redis is away. */
  read(session: Id): Promise<string | null> {
    throw new Error(`not built: ${session}`);
  }

  /** Keeps what was read from PostgreSQL, unless the session has ended since. Never throws. */
  keep(session: Id, text: string): Promise<void> {
    throw new Error(`not built: ${session} ${text.length}`);
  }

  /**
   * Remembers that the session ended.
   *
   * @throws RedisAway: repeat it
   */
  end(session: Id): Promise<void> {
    throw new Error(`not built: ${session}`);
  }
}
