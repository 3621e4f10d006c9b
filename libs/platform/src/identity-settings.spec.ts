import { generateKeyPairSync } from 'node:crypto';
import { expect, test } from 'vitest';
import { identityProviders } from './identity-settings.js';

const SECRET = 'the-secret-itself';
const good = { id: 'ours', name: 'Ours', issuer: 'https://id.example', clientId: 'us', clientSecret: SECRET };
const pem = (namedCurve: string) =>
  generateKeyPairSync('ec', { namedCurve }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

const faultsOf = (text: string): string[] => {
  const read = identityProviders.safeParse(text);
  return read.success ? [] : read.error.issues.map(({ message }) => message);
};

test('providers are read from JSON, with what they need not name', () => {
  const { clientSecret: _secret, ...others } = good;
  const apple = { ...others, id: 'apple', apple: { teamId: 'T', keyId: 'K', privateKey: pem('P-256') } };
  const local = { ...good, id: 'local', issuer: 'http://127.0.0.1:8080/realms/one' };
  expect(identityProviders.parse(JSON.stringify([good, apple, local]))).toMatchObject([
    { ...good, apps: [], redirectUris: [], scopes: ['openid', 'email', 'profile'] },
    { id: 'apple' },
    { id: 'local' },
  ]);
});

test.each([
  ['no JSON', `{"clientSecret": "${SECRET}`, /^expected a list in JSON$/],
  ['one that is no list', good, /expected array/],
  ['a name of a field that nothing reads', [{ ...good, secret: SECRET }], /^at 0: Unrecognized key/],
  ['an issuer without TLS', [{ ...good, issuer: 'http://id.example' }], /^at 0\.issuer: expected https/],
  ['an issuer with a query', [{ ...good, issuer: 'https://id.example/?a' }], /^at 0\.issuer/],
  ['an id that is none', [{ ...good, id: 'Our Own' }], /^at 0\.id: expected 1-30/],
  ['an id twice', [good, good], /^expected a different id for each$/],
  ['a script to go back to', [{ ...good, redirectUris: ['javascript:x'] }], /^at 0\.redirectUris\.0/],
  [
    'two kinds of secrets',
    [{ ...good, apple: { teamId: 'T', keyId: 'K', privateKey: pem('P-256') } }],
    /^at 0: expected either clientSecret or apple$/,
  ],
  [
    'a key of another curve',
    [{ ...good, clientSecret: undefined, apple: { teamId: 'T', keyId: 'K', privateKey: pem('P-384') } }],
    /^at 0\.apple\.privateKey: expected a key for ES256/,
  ],
  ['a secret of another type', [{ ...good, clientSecret: [SECRET] }], /^at 0\.clientSecret/],
])('%s is refused without a secret in the sentence', (_name, given, sentence) => {
  const faults = faultsOf(typeof given === 'string' ? given : JSON.stringify(given));
  expect(faults).toHaveLength(1);
  expect(faults[0]).toMatch(sentence);
  expect(faults.join()).not.toMatch(/the-secret-itself|BEGIN/);
});
