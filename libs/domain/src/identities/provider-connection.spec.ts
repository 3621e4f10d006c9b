import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createLogger, type IdentityProvider as Settings } from '@app/platform';
import { counter } from '@app/platform/metrics';
import { generateKeyPair, jwtVerify } from 'jose';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { IdentityProvider } from '../../../../test/harness/identity-provider.js';
import { IdentityProviders, type GivenIdentity } from './identity-providers.js';

const SECOND = 1000;
const HOUR = 3600 * SECOND;
const NONCE = 'a nonce of the app';

let provider: IdentityProvider;
let providers: IdentityProviders;

const known = ({ clientSecret, ...settings }: Partial<Settings> = {}): IdentityProviders => {
  const { clientSecret: usual, ...ours } = provider.settings;
  const secret = settings.apple ? {} : { clientSecret: clientSecret ?? usual };
  const scopes = ['openid', 'email', 'profile'];
  const one: Settings = { scopes, ...ours, ...secret, ...settings };
  return new IdentityProviders({ IDENTITY_PROVIDERS: [one] }, createLogger('spec', 'silent'));
};
const codeOf = async (given: GivenIdentity, asked = providers): Promise<string> =>
  asked.prove(given).then(
    () => 'proven',
    (error: { code?: string }) => error.code ?? String(error),
  );
const native = async (overrides = {}): Promise<GivenIdentity> => ({
  provider: 'ours',
  idToken: await provider.idToken('ada', NONCE, overrides),
  nonce: NONCE,
});
const coded = async (): Promise<GivenIdentity> => ({
  provider: 'ours',
  ...(await provider.code('grace', NONCE)),
  nonce: NONCE,
});
const pass = (milliseconds: number) => vi.setSystemTime(Date.now() + milliseconds);

beforeAll(async () => {
  provider = await IdentityProvider.start();
});
afterAll(() => provider.stop());
beforeEach(() => {
  providers = known();
  provider.requests.length = 0;
});
afterEach(() => {
  provider.instead = () => false;
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** Answers one path otherwise, as `answer` says. */
function answering(path: string, answer: (response: ServerResponse, request: IncomingMessage) => void): void {
  provider.instead = (request, response) => {
    const isIt = request.url?.startsWith(path) ?? false;
    if (isIt) answer(response, request);
    return isIt;
  };
}
const json = (response: ServerResponse, body: unknown, status = 200) =>
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));

describe('keys', () => {
  test('of a provider that is away hold for a day', async () => {
    expect(await codeOf(await native())).toBe('proven');
    await provider.stop();
    pass(3 * HOUR);
    expect(await codeOf(await native())).toBe('proven');
    pass(22 * HOUR);
    expect(await codeOf(await native())).toBe('provider_unavailable');
    await provider.comeBack();
    expect(await codeOf(await native())).toBe('proven');
  });

  test('that a provider withdraws are good for an hour at most', async () => {
    const { key, jwk } = { key: provider.signingKey, jwk: provider.publicKey };
    expect(await codeOf(await native())).toBe('proven');
    await provider.rotateKeys();
    pass(HOUR + SECOND);
    const stolen = await native({ key, header: { kid: jwk.kid } });
    expect(await codeOf(stolen)).toBe('identity_refused');
    expect(await codeOf(await native())).toBe('proven');
  });

  test.each([
    ['without an end', (response: ServerResponse) => response.end(' '.repeat(300_000))],
    ['elsewhere', (response: ServerResponse) => response.writeHead(302, { location: '/jwks2' }).end()],
    ['that are none', (response: ServerResponse) => json(response, { keys: 'none' })],
    ['that cannot be read', (response: ServerResponse) => response.end('<html>')],
    ['of a provider that fails', (response: ServerResponse) => json(response, {}, 500)],
    [
      'that are broken',
      (response: ServerResponse) => json(response, { keys: [{ kty: 'EC', crv: 'P-256' }] }),
    ],
  ])('%s are of no use', async (_name, answer) => {
    answering('/jwks', answer);
    const unnamed = await native({ header: { kid: undefined } });
    expect(await codeOf(unnamed)).toBe('provider_unavailable');
  });
});

describe('a provider that is too slow', () => {
  beforeEach(() => {
    const timeout = AbortSignal.timeout.bind(AbortSignal);
    vi.spyOn(AbortSignal, 'timeout').mockImplementation((milliseconds) => timeout(milliseconds / 50));
  });

  test.each(['/.well-known', '/jwks', '/token'])('is given up at %s', async (path) => {
    const given = path === '/token' ? await coded() : await native();
    // It begins to answer, and goes on for ever.
    answering(path, (response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      const drip = setInterval(() => response.write(' '), 20);
      response.on('close', () => clearInterval(drip));
    });
    expect(await codeOf(given)).toBe('provider_unavailable');
  });
});

describe('the exchange of a code', () => {
  test.each([
    ['no token', {}],
    ['no ID token', { access_token: 'a', token_type: 'bearer' }],
    ['a fault of its own', { error: 'server_error' }],
  ])('that gives %s is of no use', async (_name, body) => {
    const given = await coded();
    answering('/token', (response) => json(response, body, 'error' in body ? 500 : 200));
    expect(await codeOf(given)).toBe('provider_unavailable');
  });

  test.each([
    ['of an app for phones', { aud: 'org.example.photos' }],
    ['with another nonce', { nonce: 'another' }],
    ['of another issuer', { iss: 'https://accounts.example' }],
  ])('that gives an ID token %s is refused', async (_name, claims) => {
    const given = await coded();
    const idToken = await provider.idToken('grace', NONCE, { claims: { aud: provider.clientId, ...claims } });
    answering('/token', (response) =>
      json(response, { access_token: 'a', token_type: 'bearer', id_token: idToken }),
    );
    expect(await codeOf(given)).toBe('identity_refused');
  });

  test('that gives an ID token which somebody else signed is refused', async () => {
    const given = await coded();
    const { privateKey: key } = await generateKeyPair('ES256');
    const claims = { aud: provider.clientId };
    const idToken = await provider.idToken('grace', NONCE, { claims, key });
    answering('/token', (response) =>
      json(response, { access_token: 'a', token_type: 'bearer', id_token: idToken }),
    );
    expect(await codeOf(given)).toBe('identity_refused');
  });

  test('is signed for Apple by the team’s key, anew each time', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    const given = await coded();
    const bodies: URLSearchParams[] = [];
    answering('/token', (response, request) => {
      request.setEncoding('utf8');
      request.once('data', (text: string) => bodies.push(new URLSearchParams(text)));
      request.once('end', () => json(response, { error: 'invalid_grant' }, 400));
    });
    const apple = known({ apple: { teamId: 'TEAM', keyId: 'KEY', privateKey: pem } });
    expect(await codeOf(given, apple)).toBe('identity_refused');
    const [body] = bodies;
    expect(body?.get('client_id')).toBe(provider.clientId);
    expect(body?.get('code_verifier')).toBe('codeVerifier' in given ? given.codeVerifier : '');
    const { payload, protectedHeader } = await jwtVerify(
      body?.get('client_secret') ?? '',
      createPublicKey(privateKey),
      { issuer: 'TEAM', subject: provider.clientId, audience: 'https://appleid.apple.com' },
    );
    expect(protectedHeader).toMatchObject({ alg: 'ES256', kid: 'KEY' });
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(5 * 60);
  });
});

test('what became of each token is counted', async () => {
  const answers = counter('narwhal_provider_answers_total');
  const text = () => answers.text();
  await codeOf(await native());
  await codeOf(await native({ claims: { nonce: 'another' } }));
  await codeOf({ ...(await native()), provider: 'made up' });
  expect(text()).toMatch(/\{provider="ours",outcome="proven"\} \d+/);
  expect(text()).toMatch(/\{provider="ours",outcome="refused"\} \d+/);
  expect(text()).not.toContain('made up');
});
