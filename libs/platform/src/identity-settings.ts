import { createPrivateKey } from 'node:crypto';
import { z } from 'zod';

const loopback = /^(localhost|127\.0\.0\.1|\[::1\])$/;

/** An issuer is asked for keys that we trust: only over TLS, or on this machine. */
function isIssuer(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, search, hash, username } = new URL(text);
  const isSafe = protocol === 'https:' || (protocol === 'http:' && loopback.test(hostname));
  return isSafe && search + hash + username === '';
}

/** The library that exchanges codes cuts a query off. */
const isRedirect = (text: string): boolean =>
  URL.canParse(text) && !/[?#]/.test(text) && !/^(javascript|data|file|blob):/i.test(text);

function isEllipticKey(pem: string): boolean {
  try {
    return createPrivateKey(pem).asymmetricKeyDetails?.namedCurve === 'prime256v1';
  } catch {
    return false;
  }
}

const provider = z
  .strictObject({
    id: z.string().regex(/^[a-z0-9-]{1,30}$/, 'expected 1-30 of [a-z0-9-]'),
    name: z.string().min(1).max(100),
    issuer: z.string().max(500).refine(isIssuer, 'expected https://..., without a query'),
    clientId: z.string().min(1).max(500),
    clientSecret: z.string().min(1).max(5_000).optional(),
    /** The client ids of apps for phones, whose ID tokens are for them. */
    apps: z.array(z.string().min(1).max(500)).max(20).default([]),
    scopes: z
      .array(z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]{1,100}$/))
      .max(20)
      .default(['openid', 'email', 'profile']),
    /** Where the code flow may send browsers back to. */
    redirectUris: z
      .array(z.string().max(2_000).refine(isRedirect, 'expected an address without a query'))
      .max(20)
      .default([]),
    /** Apple takes no secret but a token that its key signs. */
    apple: z
      .strictObject({
        teamId: z.string().min(1).max(50),
        keyId: z.string().min(1).max(50),
        privateKey: z.string().max(2_000).refine(isEllipticKey, 'expected a key for ES256, as PEM'),
      })
      .optional(),
  })
  .refine(
    ({ apple, clientSecret }) => !apple || clientSecret === undefined,
    'expected either clientSecret or apple',
  );

const providers = z
  .array(provider)
  .max(20)
  .refine((all) => new Set(all.map(({ id }) => id)).size === all.length, 'expected a different id for each');

/** A provider by which people sign in, as the operator describes it. */
export type IdentityProvider = z.output<typeof provider>;

/** JSON. Its faults name the field and never its value, which may be a secret. */
export const identityProviders = z.string().transform((text, context): IdentityProvider[] => {
  let given: unknown;
  try {
    given = JSON.parse(text);
  } catch {
    context.addIssue({ code: 'custom', message: 'expected a list in JSON' });
    return z.NEVER;
  }
  const read = providers.safeParse(given);
  if (read.success) return read.data;
  for (const { path, message } of read.error.issues) {
    const place = path.length > 0 ? `at ${path.join('.')}: ` : '';
    context.addIssue({ code: 'custom', message: `${place}${message}` });
  }
  return z.NEVER;
});
