import { limits, seal, unseal, type Config } from '@app/platform';
import type { IdentityName } from '@app/storage';

/** Somebody whom a provider knows and we do not yet, until they have signed up. */
export interface Newcomer extends IdentityName {
  /** That the provider verified; null for none. */
  email: string | null;
}

type Keys = Config['TOKEN_KEYS'];
type Claims = Newcomer & { expiresAt: number };

const purpose = 'a sign-up by an identity';

/** What a client keeps for a newcomer until the sign-up: stored nowhere, and good for half an hour. */
export function sealSignUp(keys: Keys, { provider, subject, email }: Newcomer, now = Date.now()): string {
  const claims: Claims = { provider, subject, email, expiresAt: now + limits.identity.signUpFor * 1000 };
  return seal(keys, purpose, JSON.stringify(claims));
}

/** Null for one that has expired, or that we did not make. */
export function openSignUp(keys: Keys, token: string, now = Date.now()): Newcomer | null {
  const text = unseal(keys, purpose, token);
  const claims = text === null ? null : (JSON.parse(text) as Claims);
  return claims !== null && claims.expiresAt > now ? claims : null;
}
