import { createHash } from 'node:crypto';
import { limits } from '@app/platform';
import type { JWTPayload, JWTVerifyGetKey } from 'jose';

/** What a provider says of somebody in an ID token. */
export interface TokenClaims {
  subject: string;
  /** Only where the provider says that it has verified it. */
  email: string | null;
  name: string | null;
  /** From when on the token is refused anyway. */
  expiresAt: Date;
}

/** What an ID token has to be. */
export interface Expected {
  issuer: string;
  /** The client ids that it may be for. */
  audiences: readonly string[];
  /** Null where the code flow took the place of one, and none was given. */
  nonce: string | null;
  keys: JWTVerifyGetKey;
}

/** Never `none`, and never a secret that both sides share. */
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'ES256', 'ES384', 'EdDSA', 'Ed25519'];
export const SKEW_SECONDS = 60;
const MOST_SECONDS_OLD = 10 * 60;
/** OpenID Connect Core 1.0, section 2. */
const LONGEST_SUBJECT = 255;

export class TokenFault extends Error {
  override name = 'TokenFault';
}

/**
 * Verifies an ID token (OpenID Connect Core 1.0, section 3.1.3.7).
 *
 * @throws TokenFault, or an error of jose, which says why it is refused
 */
export async function verifyIdToken(token: string, expected: Expected): Promise<TokenClaims> {
  const { jwtVerify } = await import('jose');
  const { payload } = await jwtVerify(token, expected.keys, {
    issuer: expected.issuer,
    audience: [...expected.audiences],
    algorithms: ALGORITHMS,
    clockTolerance: SKEW_SECONDS,
    maxTokenAge: MOST_SECONDS_OLD,
    requiredClaims: ['sub', 'exp', 'iat'],
  });
  assertParty(payload, expected.audiences);
  assertNonce(payload, expected.nonce);
  const { sub, exp = 0 } = payload as { sub?: unknown; exp?: number };
  if (typeof sub !== 'string' || sub === '' || sub.length > LONGEST_SUBJECT || /\p{Cc}/u.test(sub))
    throw new TokenFault('expected a subject');
  return { subject: sub, ...shownOf(payload), expiresAt: new Date((exp + SKEW_SECONDS) * 1000) };
}

/** A token for several is one that another of them might have got: it has to say that it was given to us. */
function assertParty({ aud, azp }: JWTPayload, audiences: readonly string[]): void {
  const isOurs = (one: unknown): boolean => typeof one === 'string' && audiences.includes(one);
  const isOnlyOurs = typeof aud === 'string' || (aud ?? []).every(isOurs);
  if (azp === undefined ? !isOnlyOurs : !isOurs(azp))
    throw new TokenFault('expected to be the authorized party');
}

/** Apps give some SDKs the nonce's SHA-256, so that the provider never sees the nonce. */
function assertNonce({ nonce: received }: JWTPayload, nonce: string | null): void {
  if (nonce === null) return;
  const digest = createHash('sha256').update(nonce).digest();
  const forms = [nonce, digest.toString('hex'), digest.toString('base64url')];
  if (typeof received !== 'string' || !forms.includes(received))
    throw new TokenFault('expected another nonce');
}

function shownOf({
  email,
  email_verified: isVerified,
  name,
}: JWTPayload): Pick<TokenClaims, 'email' | 'name'> {
  const text = (value: unknown, most: number): string | null => {
    const trimmed =
      typeof value === 'string'
        ? value
            .normalize('NFC')
            .replaceAll(/\p{Cc}/gu, '')
            .trim()
        : '';
    return trimmed === '' ? null : [...trimmed].slice(0, most).join('');
  };
  // Apple says "true" as a text.
  const isTheirs = isVerified === true || isVerified === 'true';
  const address = isTheirs && typeof email === 'string' && email.length <= limits.user.email ? email : null;
  return { email: text(address, limits.user.email), name: text(name, limits.user.displayName) };
}
