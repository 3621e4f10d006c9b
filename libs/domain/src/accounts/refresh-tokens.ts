import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, isId, type Config, type Id } from '@app/platform';

const SECRET_BYTES = 32;

export interface RefreshToken {
  sessionId: Id;
  secret: Buffer;
}

/**
 * Refresh tokens: `<session id>.<256 bits>`. Only hashes are stored. A token's successor is derived from the token itself
 * and a server key, so the holder of the predecessor can get the same successor again.
 */
@Injectable()
export class RefreshTokens {
  constructor(@Inject(CONFIG) private readonly config: Config) {}

  /** The first secret of a session; derived from the request's Idempotency-Key if there is one, so that a retry gets the same. */
  first(sessionId: Id, idempotencyKey: string | null): Buffer[] {
    if (idempotencyKey === null) return [randomBytes(SECRET_BYTES)];
    return this.derive(`first ${sessionId} ${idempotencyKey}`);
  }

  /** The successors, one per key of the ring, the signing key's first: after a rotation the client may hold one of an older key. */
  successors({ sessionId, secret }: RefreshToken): Buffer[] {
    return this.derive(`next ${sessionId} ${secret.toString('base64url')}`);
  }

  private derive(text: string): Buffer[] {
    return this.config.TOKEN_KEYS.map((key) =>
      createHmac('sha256', key.secret).update(`refresh ${text}`).digest(),
    );
  }
}

export function formatRefreshToken({ sessionId, secret }: RefreshToken): string {
  return `${sessionId}.${secret.toString('base64url')}`;
}

/** Returns null for text that cannot be a refresh token. */
export function parseRefreshToken(text: string): RefreshToken | null {
  const [sessionId = '', encoded = ''] = text.split('.', 2);
  const secret = Buffer.from(encoded, 'base64url');
  if (!isId(sessionId) || secret.length !== SECRET_BYTES) return null;
  return formatRefreshToken({ sessionId, secret }) === text ? { sessionId, secret } : null;
}

/** The stored hash of a refresh token. SHA-256 is enough: the secret is random, not a password. */
export function hashOf(secret: Buffer): Buffer {
  return createHash('sha256').update(secret).digest();
}

export function sameHash(one: Buffer, other: Buffer): boolean {
  return one.length === other.length && timingSafeEqual(one, other);
}
