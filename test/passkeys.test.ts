import { randomUUID } from 'node:crypto';
import request from 'supertest';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { browser } from './clients/browser.js';
import { refused } from './harness/answers.js';
import { BrowserPage } from './harness/browser-page.js';
import type { Page } from './harness/contract.js';
import { signIn, signUp, type Person } from './harness/people.js';
import { challengeFor, proven, sessionOf, setTotp, signInAt } from './harness/second-factor.js';
import { startStack, type Stack } from './harness/stack.js';
import { EmptyPage, VirtualAuthenticator } from './harness/virtual-authenticator.js';

let chromium: BrowserPage | undefined;
let page: EmptyPage;
let stack: Stack;
let device: VirtualAuthenticator;
let ada: Person;
let people = 0;

beforeAll(async () => {
  page = await EmptyPage.open();
  stack = await startStack({ env: { PUBLIC_URL: page.url } });
  if (!browser) return;
  chromium = await BrowserPage.open(page.url);
  device = await VirtualAuthenticator.plugInto(chromium);
});
afterAll(async () => {
  chromium?.close();
  await stack.stop();
  await page.close();
});
beforeEach(async () => {
  await device?.verifiesUser(true);
  ada = await signUp(stack, `keys${(people += 1)}`);
});

const client = () => request(stack.url);
const optionsFor = async (body: object = {}) =>
  (await client().post('/v1/sessions/passkey/options').send(body).expect(200)).body as object;
const signInBy = (credential: object, key?: string) => {
  const sent = client().post('/v1/sessions/passkey').send({ credential });
  return key === undefined ? sent : sent.set('Idempotency-Key', key);
};

/** The answer of one passkey: the device may have others. */
const getOf = async (credential: object, userVerification = 'required') => {
  const { id } = credential as { id: string };
  const allowCredentials = [{ type: 'public-key', id, transports: [] }];
  return device.get({ ...(await optionsFor()), allowCredentials, userVerification });
};

async function addPasskey(person: Person, name = 'Phone') {
  const asked = await proven(person, 'post', '/v1/me/passkeys/options');
  const credential = await device.create(asked.body as object);
  const made = await proven(person, 'post', '/v1/me/passkeys', { name, credential });
  expect(made.status).toBe(201);
  return { credential, ...(made.body as { id: string; recoveryCodes: string[] | null }) };
}

describe('without a device', () => {
  test('options name the host of PUBLIC_URL, and asking for them tells nothing about anybody', async () => {
    expect(await optionsFor()).toMatchObject({
      rpId: 'localhost',
      allowCredentials: [],
      userVerification: 'required',
    });
  });

  test('what no passkey signed is refused, and so is a challenge that nobody made', async () => {
    const response = { clientDataJSON: 'e30', authenticatorData: 'AA', signature: 'AA', userHandle: null };
    const made = { id: 'AA', rawId: 'AA', type: 'public-key', response, clientExtensionResults: {} };
    const userHandle = Buffer.from(ada.id).toString('base64url');
    for (const credential of [made, { ...made, response: { ...response, userHandle } }])
      refused(await signInBy(credential), 403, 'passkey_refused');
    refused(await ada.request('post', '/v1/me/proofs', { credential: made }), 403, 'passkey_refused');
    const asked = client().post('/v1/sessions/passkey/options').send({ challenge: 'made up' });
    refused(await asked, 403, 'challenge_expired');
    const attestation = { ...made, response: { clientDataJSON: 'e30', attestationObject: 'AA' } };
    const added = await proven(ada, 'post', '/v1/me/passkeys', { name: 'Phone', credential: attestation });
    refused(added, 403, 'passkey_refused');
  });

  test('adding and taking away ask for a proof', async () => {
    refused(await ada.request('post', '/v1/me/passkeys/options'), 403, 'proof_required');
    refused(await ada.request('delete', `/v1/me/passkeys/${ada.id}`), 403, 'proof_required');
  });
});

describe.skipIf(!browser)('a passkey of a device', () => {
  test('signs in without a password, once for each challenge', async () => {
    await addPasskey(ada);
    const credential = await device.get(await optionsFor());
    const key = randomUUID();
    const signedIn = await signInBy(credential, key);
    expect(signedIn.status).toBe(201);
    expect((signedIn.body as { user: { id: string } }).user.id).toBe(ada.id);
    // The same request again is the same session; another with the same answer is none.
    expect(sessionOf(await signInBy(credential, key)).id).toBe(sessionOf(signedIn).id);
    refused(await signInBy(credential), 403, 'passkey_refused');
    const [one, other] = [await device.get(await optionsFor()), await device.get(await optionsFor())];
    expect((await signInBy(other)).status).toBe(201);
    refused(await signInBy(one), 403, 'passkey_refused');
  });

  test('signs in without a password only where the device made sure of its owner', async () => {
    const { credential } = await addPasskey(ada);
    await device.verifiesUser(false);
    refused(await signInBy(await getOf(credential, 'discouraged')), 403, 'passkey_refused');
    await device.verifiesUser(true);
    expect((await signInBy(await getOf(credential))).status).toBe(201);
  });

  test('is asked for after the password, and answers for its own account alone', async () => {
    const { recoveryCodes } = await addPasskey(ada);
    expect(recoveryCodes).toHaveLength(10);
    const { challenge, methods } = await challengeFor(ada);
    expect(methods).toEqual(['passkey', 'recoveryCode']);
    const credential = await device.get(await optionsFor({ challenge }));
    const grace = await signUp(stack, `grace${people}`);
    await setTotp(grace);
    const hers = await challengeFor(grace);
    const stolen = await signInAt(stack, { challenge: hers.challenge, credential });
    refused(stolen, 403, 'passkey_refused');
    expect((await signInAt(stack, { challenge, credential })).status).toBe(201);
    refused(await signInAt(stack, { challenge, credential }), 403, 'passkey_refused');
  });

  test('is added once, named, listed and taken away; recovery codes come with the first factor', async () => {
    await setTotp(ada);
    const { id, recoveryCodes, credential } = await addPasskey(ada, 'The key in the drawer');
    expect(recoveryCodes).toBeNull();
    const again = await proven(ada, 'post', '/v1/me/passkeys', { name: 'Again', credential });
    expect((again.body as { id: string }).id).toBe(id);
    const asked = await proven(ada, 'post', '/v1/me/passkeys/options');
    await expect(device.create(asked.body as object)).rejects.toThrow(/InvalidStateError/);
    const listed = await ada.request('get', '/v1/me/passkeys').expect(200);
    expect((listed.body as Page<{ id: string }>).items).toMatchObject([
      { id, name: 'The key in the drawer', lastUsedAt: null },
    ]);
    const grace = await signUp(stack, `other${people}`);
    await proven(grace, 'delete', `/v1/me/passkeys/${id}`);
    expect((await challengeFor(ada)).methods).toContain('passkey');
    expect((await proven(ada, 'delete', `/v1/me/passkeys/${id}`)).status).toBe(204);
    expect((await challengeFor(ada)).methods).not.toContain('passkey');
    refused(await signInBy(await getOf(credential)), 403, 'passkey_refused');
  });

  test('proves who is there, before a dangerous change', async () => {
    const { id } = await addPasskey(ada);
    const asked = await ada.request('post', '/v1/me/proofs/options').expect(200);
    const credential = await device.get(asked.body as object);
    const made = await ada.request('post', '/v1/me/proofs', { credential }).expect(201);
    const { proof } = made.body as { proof: string };
    await ada.request('delete', `/v1/me/passkeys/${id}`).set('Narwhal-Proof', proof).expect(204);
    await signIn(stack, ada.user.username);
  });

  test('is not added by what was made for another account', async () => {
    const asked = await proven(ada, 'post', '/v1/me/passkeys/options');
    const credential = await device.create(asked.body as object);
    const grace = await signUp(stack, `mallory${people}`);
    const added = await proven(grace, 'post', '/v1/me/passkeys', { name: 'Mine', credential });
    refused(added, 403, 'passkey_refused');
  });
});
