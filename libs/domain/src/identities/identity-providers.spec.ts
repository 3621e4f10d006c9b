import { createHash } from 'node:crypto';
import { createLogger, type IdentityProvider as Settings } from '@app/platform';
import { generateKeyPair } from 'jose';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { IdentityProvider } from '../../../../test/harness/identity-provider.js';
import { IdentityProviders, type GivenIdentity } from './identity-providers.js';

const logger = createLogger('spec', 'silent');
const NONCE = 'a nonce of the app';
const MINUTE = 60;

let provider: IdentityProvider;
let providers: IdentityProviders;

const known = (settings: Partial<Settings> = {}): IdentityProviders => {
  const ours: Settings = { scopes: ['openid', 'email', 'profile'], ...provider.settings, ...settings };
  return new IdentityProviders({ IDENTITY_PROVIDERS: [ours] }, logger);
};
const native = (idToken: string, nonce = NONCE): GivenIdentity => ({ provider: 'ours', idToken, nonce });
const codeOf = async (given: GivenIdentity, asked = providers): Promise<string> =>
  asked.prove(given).then(
    () => 'proven',
    (error: { code?: string }) => error.code ?? String(error),
  );
const seconds = (ahead: number): number => Math.floor(Date.now() / 1000) + ahead;

beforeAll(async () => {
  provider = await IdentityProvider.start();
});
afterAll(() => provider.stop());
beforeEach(() => {
  provider.instead = () => false;
  provider.requests.length = 0;
  providers = known();
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe('an ID token', () => {
  test('says who somebody is, and names an address only where it is verified', async () => {
    const claims = { email: 'ada@provider.example', email_verified: 'true', name: ' Ada \u0000Lovelace ' };
    const token = await provider.idToken('ada', NONCE, { claims });
    expect(await providers.prove(native(token))).toEqual({
      provider: 'ours',
      subject: 'ada',
      email: 'ada@provider.example',
      name: 'Ada Lovelace',
      token: createHash('sha256')
        .update(token.slice(0, token.lastIndexOf('.')))
        .digest(),
    });
    for (const isVerified of [false, 'false', undefined]) {
      const other = await provider.idToken('ada', NONCE, {
        claims: { ...claims, email_verified: isVerified },
      });
      expect(await providers.prove(native(other))).toMatchObject({ email: null });
    }
  });

  test('is the same one however its signature is written', async () => {
    const token = await provider.idToken('ada', NONCE);
    const [signed, signature = ''] = token.split(/\.(?=[^.]*$)/);
    const bytes = Buffer.from(signature, 'base64url');
    const order = BigInt('0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551');
    const other = order - BigInt(`0x${bytes.subarray(32).toString('hex')}`);
    const mirrored = Buffer.concat([
      bytes.subarray(0, 32),
      Buffer.from(other.toString(16).padStart(64, '0'), 'hex'),
    ]);
    const { token: digest } = await providers.prove(native(token));
    const again = await providers.prove(native(`${signed}.${mirrored.toString('base64url')}`));
    expect(again.token).toEqual(digest);
  });

  test('may have the SHA-256 of the nonce', async () => {
    const hash = createHash('sha256').update(NONCE).digest();
    for (const nonce of [hash.toString('hex'), hash.toString('base64url')])
      expect(await codeOf(native(await provider.idToken('ada', nonce)))).toBe('proven');
  });

  test.each([
    ['for another app', { aud: 'somebody.else' }],
    [
      'for us and another, to which it was given',
      { aud: ['narwhal', 'somebody.else'], azp: 'somebody.else' },
    ],
    ['for us and another, and does not say to which it was given', { aud: ['narwhal', 'somebody.else'] }],
    ['of another issuer', { iss: 'https://accounts.example' }],
    ['of our issuer, but for a slash', { iss: 'http://127.0.0.1/' }],
    ['with another nonce', { nonce: 'another nonce' }],
    ['without a nonce', { nonce: undefined }],
    ['that has expired', { exp: seconds(-2 * MINUTE) }],
    ['that never expires', { exp: undefined }],
    ['of long ago', { iat: seconds(-12 * MINUTE) }],
    ['of the future', { iat: seconds(3 * MINUTE) }],
    ['of no known time', { iat: undefined }],
    ['that is not yet good', { nbf: seconds(3 * MINUTE) }],
    ['of nobody', { sub: '' }],
    ['of somebody with too long a name', { sub: 'x'.repeat(256) }],
    ['of a number', { sub: 7 }],
  ])('%s is refused', async (_name, claims) => {
    expect(await codeOf(native(await provider.idToken('ada', NONCE, { claims })))).toBe('identity_refused');
  });

  test('may be as far beside our clock as clocks are apart', async () => {
    for (const claims of [{ iat: seconds(50) }, { exp: seconds(-50) }, { nbf: seconds(50) }])
      expect(await codeOf(native(await provider.idToken('ada', NONCE, { claims })))).toBe('proven');
  });

  test('for several is taken where it says that it was given to us', async () => {
    const claims = { aud: ['narwhal', 'somebody.else'], azp: 'narwhal' };
    expect(await codeOf(native(await provider.idToken('ada', NONCE, { claims })))).toBe('proven');
  });

  test('that nobody signed, or somebody else did, is refused', async () => {
    const [, payload = ''] = (await provider.idToken('ada', NONCE)).split('.');
    const none = Buffer.from(JSON.stringify({ alg: 'none' })).toString('base64url');
    const foreign = (await generateKeyPair('ES256')).privateKey;
    const shared = Buffer.from(JSON.stringify(provider.publicKey));
    const good = await provider.idToken('ada', NONCE);
    for (const token of [
      `${none}.${payload}.`,
      await provider.idToken('ada', NONCE, { key: foreign }),
      await provider.idToken('ada', NONCE, { key: shared, header: { alg: 'HS256' } }),
      good.slice(0, -8),
      `${good.slice(0, 40)}A${good.slice(41)}`,
      'no token',
      '',
    ])
      expect(await codeOf(native(token))).toBe('identity_refused');
  });

  test('by a new key of the provider is taken; made-up keys cost it no request each', async () => {
    expect(await codeOf(native(await provider.idToken('ada', NONCE)))).toBe('proven');
    await provider.rotateKeys();
    const later = Date.now() + 31_000;
    vi.setSystemTime(later);
    expect(await codeOf(native(await provider.idToken('ada', NONCE)))).toBe('proven');
    const asked = provider.requests.length;
    for (let guess = 0; guess < 20; guess += 1) {
      const header = { kid: `made up ${guess}` };
      expect(await codeOf(native(await provider.idToken('ada', NONCE, { header })))).toBe('identity_refused');
    }
    expect(provider.requests).toHaveLength(asked);
  });
});

describe('a code', () => {
  test('says who somebody is, once', async () => {
    const given = { provider: 'ours', ...(await provider.code('grace', NONCE)), nonce: NONCE };
    expect(await providers.prove(given)).toMatchObject({
      subject: 'grace',
      email: 'grace@provider.example',
      name: 'grace of Ours',
    });
    expect(await codeOf(given)).toBe('identity_refused');
  });

  test('may come without a nonce: its verifier binds it', async () => {
    expect(await codeOf({ provider: 'ours', ...(await provider.code('grace')) })).toBe('proven');
  });

  test('with another verifier, another nonce or a foreign redirect is refused', async () => {
    const given = async () => ({ provider: 'ours', ...(await provider.code('grace', NONCE)), nonce: NONCE });
    expect(await codeOf({ ...(await given()), codeVerifier: 'x'.repeat(43) })).toBe('identity_refused');
    expect(await codeOf({ ...(await given()), nonce: 'another' })).toBe('identity_refused');
    expect(await codeOf({ ...(await given()), redirectUri: 'https://evil.example/' })).toBe(
      'identity_refused',
    );
    expect(await codeOf({ ...(await given()), code: 'made up' })).toBe('identity_refused');
  });

  test('is no use where the operator named a wrong secret', async () => {
    const given = { provider: 'ours', ...(await provider.code('grace', NONCE)), nonce: NONCE };
    expect(await codeOf(given, known({ clientSecret: 'wrong' }))).toBe('provider_unavailable');
  });
});

describe('a provider', () => {
  test('that is not known is nothing', async () => {
    expect(await codeOf({ ...native('token'), provider: 'other' })).toBe('not_found');
  });

  test('that is away is told; with keys that are known, tokens are taken all the same', async () => {
    const token = await provider.idToken('ada', NONCE);
    const stranger = known();
    expect(await codeOf(native(token))).toBe('proven');
    await provider.stop();
    expect(await codeOf(native(token))).toBe('proven');
    expect(await codeOf(native(token), stranger)).toBe('provider_unavailable');
    await provider.comeBack();
    expect(await codeOf(native(token), stranger)).toBe('proven');
  });

  test.each([
    ['answers without an end', (write: (text: string) => void) => write(' '.repeat(300_000))],
    [
      'says that it is another',
      (write: (text: string) => void) => write('{"issuer":"https://other.example"}'),
    ],
    ['answers no JSON', (write: (text: string) => void) => write('<html>')],
  ])('that %s is of no use', async (_name, answer) => {
    provider.instead = (_request, response) => {
      response.setHeader('content-type', 'application/json');
      answer((text) => response.end(text));
      return true;
    };
    expect(await codeOf(native(await provider.idToken('ada', NONCE)))).toBe('provider_unavailable');
  });

  test('that sends us elsewhere is not followed', async () => {
    provider.instead = (_request, response) => {
      response.writeHead(302, { location: 'http://127.0.0.1:9/' }).end();
      return true;
    };
    expect(await codeOf(native(await provider.idToken('ada', NONCE)))).toBe('provider_unavailable');
  });

  test('that does not answer is given up, and holds up no more than its share meanwhile', async () => {
    const timeout = AbortSignal.timeout.bind(AbortSignal);
    vi.spyOn(AbortSignal, 'timeout').mockImplementation((milliseconds) => timeout(milliseconds / 10));
    const held: { end: () => void }[] = [];
    provider.instead = (_request, response) => held.push(response) > 0;
    const token = native(await provider.idToken('ada', NONCE));
    const many = await Promise.all(Array.from({ length: 25 }, () => codeOf(token)));
    expect(many.filter((code) => code === 'busy')).toHaveLength(5);
    expect(many.filter((code) => code === 'provider_unavailable')).toHaveLength(20);
    // All of them waited for one answer.
    expect(held).toHaveLength(1);
    for (const response of held) response.end();
  });
});
