import { readConfig } from '@app/platform';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { IdentityProvider } from '../../../../test/harness/identity-provider.js';
import { identityProviders } from './providers.js';

let provider: IdentityProvider;
beforeAll(async () => {
  provider = await IdentityProvider.start();
});
afterAll(() => provider.stop());
beforeEach(() => {
  provider.instead = () => false;
});

const keyring = `spec:${'5'.repeat(64)}`;
const examined = (...settings: object[]) =>
  identityProviders(
    readConfig({
      DATABASE_URL: 'postgres://',
      REDIS_URL: 'redis://',
      TOKEN_KEYS: keyring,
      MEDIA_KEYS: keyring,
      IDENTITY_PROVIDERS: JSON.stringify(
        settings.map((changes, at) => ({ ...provider.settings, id: `ours-${at}`, ...changes })),
      ),
    }),
  );

test('a provider by which people can sign in is in order, and without providers nothing is said', async () => {
  expect(await examined({})).toEqual([
    { level: 'ok', text: `people can sign in by ours-0 (${provider.url}, 1 key)` },
  ]);
  expect(await examined()).toEqual([]);
});

test('a provider that is not there, that is another, and one that refuses the client are each named', async () => {
  const elsewhere = { issuer: 'http://127.0.0.1:1' };
  const other = { issuer: provider.url.replace('127.0.0.1', 'localhost') };
  const found = await examined(elsewhere, other, { clientSecret: 'a wrong one' }, {});
  expect(found.map(({ level }) => level)).toEqual(['fault', 'fault', 'fault', 'ok']);
  const [away, another, refuses] = found.map(({ text }) => text);
  expect(away).toMatch(
    /sign in by ours-0, since http:\/\/127\.0\.0\.1:1 is of no use \(.*(ECONNREFUSED|bad port)/,
  );
  expect(another).toMatch(/ours-1.*issuer.*correct the issuer/);
  expect(refuses).toBe('ours-2 refuses us: correct its clientId and clientSecret in IDENTITY_PROVIDERS.');
  expect(found.map(({ text }) => text).join()).not.toContain('a wrong one');
});

test('a provider without a key that is taken is no use', async () => {
  provider.instead = ({ url }, response) => {
    if (!url?.startsWith('/jwks')) return false;
    const keys = [{ kty: 'oct' }, { kty: 'EC', crv: 'secp256k1' }, { kty: 'RSA', use: 'enc' }];
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys }));
    return true;
  };
  expect(await examined({})).toMatchObject([
    { level: 'fault', text: expect.stringContaining('has no key for RS256') as string },
  ]);
});
