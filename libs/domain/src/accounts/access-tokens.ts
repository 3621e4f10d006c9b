import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { SessionCache, type ReadSince } from '@app/feed';
import { CONFIG, limits, problem, type Config, type Id } from '@app/platform';
import { Database, SessionRows } from '@app/storage';
import { LRUCache } from 'lru-cache';

const SIZE = { ids: 16, expiry: 6, nonce: 6, mac: 16 };
const PAYLOAD = SIZE.ids + SIZE.expiry + SIZE.nonce;
/** Number of cached tokens, for currently active people; about 3 MB. */
const KEPT = 5_000;

interface Claims {
  userId: Id;
  sessionId: Id;
  expiresAt: number;
}

/** The person and the session of a request's token. */
export interface Caller {
  userId: Id;
  sessionId: Id;
  /** An account that we created to see what people see. */
  synthetic: boolean;
}

/**
 * Access tokens: opaque to clients, valid for 15 minutes, `<key id>.<base64url of user, session, expiry, nonce and a MAC>`.
 * The MAC rejects forged tokens without a store look-up, and the expiry inside distinguishes "refresh" from "garbage" long
 * after. Tokens are not stored. A verified MAC is cached, since it stays valid; a session ends through its look-up
 * (docs/decisions/0005). The cached look-up never contains the admin role: whoever can write to Redis gets no rights by it.
 */
@Injectable()
export class AccessTokens {
  private readonly genuine = new LRUCache<string, Claims>({ max: KEPT });

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly cache: SessionCache,
    private readonly sessions: SessionRows,
    private readonly database: Database,
  ) {}

  make(claims: { userId: Id; sessionId: Id }, now = Date.now()): { token: string; expiresAt: Date } {
    const [key] = this.config.TOKEN_KEYS;
    if (!key) throw new Error('expected a token key but the keyring is empty');
    const expiresAt = new Date(now + limits.session.accessToken * 1000);
    const payload = Buffer.alloc(PAYLOAD);
    payload.writeBigUInt64BE(BigInt(claims.userId), 0);
    payload.writeBigUInt64BE(BigInt(claims.sessionId), 8);
    payload.writeUIntBE(expiresAt.getTime(), SIZE.ids, SIZE.expiry);
    randomBytes(SIZE.nonce).copy(payload, SIZE.ids + SIZE.expiry);
    const bytes = Buffer.concat([payload, mac(key.secret, payload)]);
    return { token: `${key.id}.${bytes.toString('base64url')}`, expiresAt };
  }

  /**
   * Returns the owner of a token. The session is looked up as of `since` or later, in Redis and then in PostgreSQL.
   *
   * @throws Problem 401 `token_invalid`, `token_expired`, or `session_ended`, also when the account is closed
   */
  async caller(token: string, since: ReadSince): Promise<Caller> {
    const { userId, sessionId, expiresAt } = this.genuineClaims(token);
    if (expiresAt <= Date.now()) throw problem('token_expired');
    const cached = await this.cache.read(sessionId, since);
    if (cached === 'ended') throw problem('session_ended');
    if (cached !== null) return { userId, sessionId, synthetic: cached === 'synthetic' };
    const synthetic = (await this.role({ userId, sessionId })) === 'synthetic';
    await this.cache.keep(sessionId, synthetic ? 'synthetic' : 'living');
    return { userId, sessionId, synthetic };
  }

  /** The caller's role, from PostgreSQL each time: for what only some may do. @throws Problem 401 `session_ended` */
  async role({ userId, sessionId }: Pick<Caller, 'userId' | 'sessionId'>): Promise<string> {
    const role = await this.database.findForSure(async (connection) => {
      const session = await this.sessions.find(sessionId, connection);
      return session?.user_id === userId && session.ended_at === null ? session.role : null;
    });
    if (role === null) throw problem('session_ended');
    return role;
  }

  /** Whether an Authorization header has a token that we made, expired or not; asks no store. */
  isOurs(authorization: string): boolean {
    const token = bearerOf(authorization);
    try {
      return token !== undefined && this.genuineClaims(token) !== undefined;
    } catch {
      return false;
    }
  }

  /** @throws Problem 401 `token_invalid` */
  private genuineClaims(token: string): Claims {
    return this.genuine.get(token) ?? this.verify(token);
  }

  private verify(token: string): Claims {
    const [keyId = '', encoded = ''] = token.split('.', 2);
    const bytes = Buffer.from(encoded, 'base64url');
    const key = this.config.TOKEN_KEYS.find(({ id }) => id === keyId);
    if (!key || bytes.length !== PAYLOAD + SIZE.mac || `${keyId}.${bytes.toString('base64url')}` !== token) {
      throw problem('token_invalid');
    }
    const payload = bytes.subarray(0, PAYLOAD);
    if (!timingSafeEqual(mac(key.secret, payload), bytes.subarray(PAYLOAD))) throw problem('token_invalid');
    const claims = {
      userId: payload.readBigUInt64BE(0).toString(),
      sessionId: payload.readBigUInt64BE(8).toString(),
      expiresAt: payload.readUIntBE(SIZE.ids, SIZE.expiry),
    };
    this.genuine.set(token, claims);
    return claims;
  }
}

/** The token of an Authorization header; undefined when it is another's, or malformed. */
export const bearerOf = (authorization: string): string | undefined =>
  /^Bearer +([\w.-]+) *$/i.exec(authorization)?.[1];

function mac(secret: string, payload: Buffer): Buffer {
  return createHmac('sha256', secret).update('access ').update(payload).digest().subarray(0, SIZE.mac);
}
