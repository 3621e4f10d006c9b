import type { GivenIdentity } from '@app/domain';
import { limits } from '@app/platform';
import type { IdentityRow } from '@app/storage';
import { z } from 'zod';
import { listOf } from '../http/cursors.js';
import { refuse, shown, time } from '../http/fields.js';
import { signedIn } from '../sessions/sessions.schemas.js';

/** The fields by which a provider tells who somebody is. */
export const identityFields = {
  idToken: z.string().max(16_384).optional().meta({
    description: 'Of the provider’s SDK for phones, at most ten minutes old; each is taken once.',
  }),
  nonce: z.string().min(8).max(500).optional().meta({
    description:
      'What the app gave the SDK, random and new each time; its SHA-256 in the token is taken, too.',
  }),
  code: z.string().max(4_000).optional().meta({ description: 'Of the code flow, for browsers.' }),
  codeVerifier: z.string().min(43).max(128).optional().meta({ description: 'Of its PKCE (S256).' }),
  redirectUri: z
    .string()
    .max(2_000)
    .optional()
    .meta({ description: 'To which the provider sent the browser; one that the operator allows.' }),
};

export const provider = z
  .string()
  .max(30)
  .meta({ description: 'The id of one of GET /v1/identity-providers.' });

type Given = z.output<z.ZodObject<typeof identityFields>>;

const isOneFlow = ({ idToken, nonce, code, codeVerifier, redirectUri }: Given): boolean =>
  idToken === undefined
    ? code !== undefined && codeVerifier !== undefined && redirectUri !== undefined
    : nonce !== undefined && code === undefined && codeVerifier === undefined && redirectUri === undefined;
const oneFlow = refuse(isOneFlow, 'wrong_format', {
  expected: 'idToken and nonce, or code, codeVerifier and redirectUri',
});

export const identitySignIn = z
  .strictObject({ provider, ...identityFields })
  .superRefine(oneFlow)
  .meta({ id: 'IdentitySignIn', description: 'How a provider tells who signs in.' });

export const identityProof = z
  .strictObject({ ...identityFields })
  .superRefine(oneFlow)
  .meta({ id: 'IdentityProof', description: 'How a provider tells who somebody is there.' });

export const providerParams = z.object({ provider });

/** What of a request goes to the provider, once its schema has made sure that it is one of both flows. */
export function givenOf(providerId: string, given: Given): GivenIdentity {
  const { idToken, nonce = '', code = '', codeVerifier = '', redirectUri = '' } = given;
  if (idToken !== undefined) return { provider: providerId, idToken, nonce };
  const flow = { provider: providerId, code, codeVerifier, redirectUri };
  return given.nonce === undefined ? flow : { ...flow, nonce };
}

const identityProvider = z
  .object({
    id: shown(30, 'Sent as `provider`.'),
    name: shown(100, 'For the button.'),
    issuer: shown(500, 'Where its OpenID configuration is found.'),
    clientId: shown(500, 'Of this instance, for the code flow.'),
    scopes: z.array(shown(100, 'Such as `email`.')).max(20).meta({ description: 'What to ask it for.' }),
  })
  .meta({ id: 'IdentityProvider', description: 'A provider by which people sign in.' });

export const identityProviderList = listOf(identityProvider, 'IdentityProviderList');

/** A list of so few that it has one page. */
export const wholeOf = <Item>(items: Item[]) => ({ items, nextCursor: null, prevCursor: null });

export const newcomer = z
  .object({
    signUp: shown(2_000, 'Sent as `signUp` of POST /v1/users within `limits.identity.signUpFor`.'),
    suggestion: z
      .object({
        username: shown(limits.user.username, 'One that nobody had just now; null for none.').nullable(),
        displayName: shown(limits.user.displayName, 'As the provider has it.').nullable(),
        email: shown(limits.user.email, 'That the provider has verified.').nullable(),
      })
      .meta({ description: 'To fill the form with.' }),
  })
  .meta({ id: 'Newcomer', description: 'Somebody whom the provider knows and this instance does not yet.' });

/** What both answers have; a client in a language without unions reads it as one object. */
export const identityAnswers = { 201: signedIn, 200: newcomer };

export const identity = z
  .object({
    provider: shown(30, 'The id of the provider.'),
    email: shown(500, 'The address there, by which people tell their accounts apart.').nullable(),
    createdAt: time.meta({ description: 'When it was linked.' }),
    usedAt: time.meta({ description: 'The last sign-in by it.' }),
  })
  .meta({ id: 'Identity', description: 'By which one signs in.' });

export const identityList = listOf(identity, 'IdentityList');

export const shownIdentity = (row: IdentityRow): z.input<typeof identity> => ({
  provider: row.provider,
  email: row.email,
  createdAt: row.created_at.toISOString(),
  usedAt: row.used_at.toISOString(),
});
