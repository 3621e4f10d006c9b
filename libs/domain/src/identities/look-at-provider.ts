import { randomBytes } from 'node:crypto';
import type { IdentityProvider } from '@app/platform';
import type { JWK } from 'jose';
import { TokenFault } from './id-token.js';
import { ProviderConnection } from './provider-connection.js';

/** What an operator wants to know of a provider before people do. */
export interface ProviderLook {
  /** Why nobody can sign in by it; null where people can. */
  fault: string | null;
  /** How many of its keys could sign an ID token that is taken. */
  keys: number;
  /** Whether it refuses our client id or secret; only asked where codes are exchanged. */
  refusesClient: boolean;
}

/** Asks a provider what a sign-in would ask it. */
export async function lookAtProvider(settings: IdentityProvider): Promise<ProviderLook> {
  const connection = new ProviderConnection(settings);
  try {
    const keys = (await connection.keys.all()).filter(signs).length;
    return { fault: null, keys, refusesClient: await refusesClient(connection) };
  } catch (error) {
    return { fault: rootOf(error), keys: 0, refusesClient: false };
  }
}

const signs = ({ kty, use, crv }: JWK): boolean =>
  use !== 'enc' && (kty === 'RSA' || ['P-256', 'P-384', 'Ed25519'].includes(crv ?? ''));

/** With a code that is made up: a provider looks at the client first, and then at the code. */
async function refusesClient(connection: ProviderConnection): Promise<boolean> {
  const [redirectUri] = connection.settings.redirectUris;
  if (redirectUri === undefined) return false;
  const madeUp = () => randomBytes(32).toString('base64url');
  try {
    await connection.exchange({ code: madeUp(), codeVerifier: madeUp(), redirectUri });
    return false;
  } catch (error) {
    if (error instanceof TokenFault) return false;
    const { error: said, status } = ((error as Error).cause ?? {}) as { error?: unknown; status?: unknown };
    return said === 'invalid_client' || said === 'unauthorized_client' || status === 401;
  }
}

/** The error at the end of the chain says what happened; those before it say during what. */
function rootOf(error: unknown): string {
  const { cause, message } = error as Error;
  return cause instanceof Error ? rootOf(cause) : message;
}
