import { lookAtProvider } from '@app/domain';
import type { Config } from '@app/platform';
import { fault, ok, type Finding } from './finding.js';

type Provider = Config['IDENTITY_PROVIDERS'][number];

async function one(provider: Provider): Promise<Finding> {
  const { id, issuer, apple } = provider;
  const { fault: why, keys, refusesClient } = await lookAtProvider(provider);
  if (why !== null)
    return fault(
      `Nobody can sign in by ${id}, since ${issuer} is of no use (${why}): correct the issuer in IDENTITY_PROVIDERS, or let this machine reach it.`,
    );
  if (keys === 0)
    return fault(
      `Nobody can sign in by ${id}: ${issuer} has no key for RS256, PS256, ES256, ES384 or EdDSA; have it sign by one of them.`,
    );
  if (refusesClient)
    return fault(
      `${id} refuses us: correct its clientId and ${apple ? 'apple (team, key id, key)' : 'clientSecret'} in IDENTITY_PROVIDERS.`,
    );
  return ok(`people can sign in by ${id} (${issuer}, ${keys} ${keys === 1 ? 'key' : 'keys'})`);
}

/** Asks each provider of IDENTITY_PROVIDERS what a sign-in would ask it. */
export const identityProviders = ({ IDENTITY_PROVIDERS }: Config): Promise<Finding[]> =>
  Promise.all(IDENTITY_PROVIDERS.map(one));
