import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import request from 'supertest';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { admin } from './harness/admin-command.js';
import { refused } from './harness/answers.js';
import { secretsOf } from './harness/mail-server.js';
import { patient } from './harness/pace.js';
import { PASSWORD, signIn, signUp, type Person } from './harness/people.js';
import {
  challengeFor,
  codeOf,
  forgetSteps,
  proofOf,
  proven,
  sessionOf,
  setTotp,
  signInAt,
} from './harness/second-factor.js';
import { sharedStack } from './harness/shared-stack.js';
import type { Stack } from './harness/stack.js';

let stack: Stack;
let ada: Person;
let people = 0;

beforeAll(async () => {
  stack = await sharedStack();
});
beforeEach(async () => {
  ada = await signUp(stack, `factor${(people += 1)}`);
});

const answer = async (given: object, key?: string) => {
  const { challenge } = await challengeFor(ada);
  return signInAt(stack, { challenge, ...given }, key);
};
const eventsOf = async (person: Person) => {
  const { body } = await person.request('get', '/v1/me/security-events').expect(200);
  return (body as { items: { kind: string; params: object }[] }).items.map(({ kind }) => kind);
};

describe('a fresh proof', () => {
  test('is asked for by dangerous changes, and taken from the session that gave the password', async () => {
    refused(await ada.request('post', '/v1/me/totp'), 403, 'proof_required');
    refused(await ada.request('post', '/v1/me/totp').set('Narwhal-Proof', 'made up'), 403, 'proof_required');
    refused(await ada.request('post', '/v1/me/proofs', { password: 'wrong' }), 403, 'bad_credentials');
    const proof = await proofOf(ada);
    await ada.request('post', '/v1/me/totp').set('Narwhal-Proof', proof).expect(201);
    const phone = await signIn(stack, ada.user.username);
    refused(await phone.request('post', '/v1/me/totp').set('Narwhal-Proof', proof), 403, 'proof_required');
  });

  test('is given for a code of the second factor, too', async () => {
    const { secret } = await setTotp(ada);
    await ada.request('post', '/v1/me/proofs', { code: codeOf(secret, 1) }).expect(201);
    refused(await ada.request('post', '/v1/me/proofs', { code: codeOf(secret, 1) }), 403, 'code_wrong');
  });
});

describe('an authenticator app', () => {
  test('counts once a code of it was sent, and signing in asks for one from then on', async () => {
    const begun = await proven(ada, 'post', '/v1/me/totp');
    const { secret, uri } = begun.body as { secret: string; uri: string };
    expect(uri).toMatch(/^otpauth:\/\/totp\/.*secret=/);
    await signIn(stack, ada.user.username);
    refused(await ada.request('put', '/v1/me/totp', { code: '000000' }), 403, 'code_wrong');
    const set = await ada.request('put', '/v1/me/totp', { code: codeOf(secret) }).expect(200);
    expect(new Set((set.body as { recoveryCodes: string[] }).recoveryCodes).size).toBe(10);
    const { methods } = await challengeFor(ada);
    expect(methods).toEqual(['totp', 'recoveryCode']);
    const { body } = await ada.request('get', '/v1/me/totp').expect(200);
    expect(body).toEqual({ enabled: true, recoveryCodes: 10 });
    expect(await eventsOf(ada)).toContain('factor.added');
  });

  test('signs in with a code once, also when many come at the same moment', async () => {
    const { secret } = await setTotp(ada);
    const challenges = await Promise.all([1, 2, 3, 4].map(() => challengeFor(ada)));
    const answers = await Promise.all(
      challenges.map(({ challenge }) => signInAt(stack, { challenge, code: codeOf(secret, 1) })),
    );
    expect(answers.map(({ status }) => String(status)).toSorted()).toEqual(['201', '403', '403', '403']);
  });

  test('takes no code before the newest one that was used, and none of an app that was replaced', async () => {
    const { secret } = await setTotp(ada);
    refused(await answer({ code: codeOf(secret) }), 403, 'code_wrong');
    const next = await setTotp(ada);
    await forgetSteps(stack);
    refused(await answer({ code: codeOf(secret) }), 403, 'code_wrong');
    expect((await answer({ code: codeOf(next.secret) })).status).toBe(201);
  });

  test('is repeated under its Idempotency-Key: one session, one code', async () => {
    const { secret } = await setTotp(ada);
    const { challenge } = await challengeFor(ada);
    const [key, body] = [randomUUID(), { challenge, code: codeOf(secret, 1) }];
    const [first, again] = [await signInAt(stack, body, key), await signInAt(stack, body, key)];
    expect([first.status, again.status]).toEqual([201, 201]);
    expect(sessionOf(again).id).toBe(sessionOf(first).id);
    // A refusal is not kept: the same key goes on with the right code.
    await forgetSteps(stack);
    const other = randomUUID();
    const second = await challengeFor(ada);
    refused(
      await signInAt(stack, { ...second, methods: undefined, code: '000000' }, other),
      403,
      'code_wrong',
    );
    const right = await signInAt(stack, { challenge: second.challenge, code: codeOf(secret) }, other);
    expect(right.status).toBe(201);
  });

  test('is guessed 20 times a day, whatever the challenge; recovery codes go on working', async () => {
    const { secret, recoveryCodes } = await setTotp(ada);
    await stack.database.query(
      `UPDATE factors SET guesses = 19, guesses_since = now() WHERE user_id = $1 AND kind = 'totp'`,
      [ada.id],
    );
    refused(await answer({ code: '000000' }), 403, 'code_wrong');
    const late = await answer({ code: codeOf(secret, 1) });
    refused(late, 429, 'rate_limited');
    expect(Number(late.headers['retry-after'])).toBeGreaterThan(80_000);
    expect((await answer({ recoveryCode: recoveryCodes[0] })).status).toBe(201);
  });

  test('goes with a proof, and its recovery codes with it', async () => {
    const { recoveryCodes } = await setTotp(ada);
    refused(await ada.request('delete', '/v1/me/totp'), 403, 'proof_required');
    expect((await proven(ada, 'delete', '/v1/me/totp')).status).toBe(204);
    expect((await proven(ada, 'delete', '/v1/me/totp')).status).toBe(204);
    await signIn(stack, ada.user.username);
    refused(await proven(ada, 'post', '/v1/me/recovery-codes'), 409, 'no_second_factor');
    expect(recoveryCodes).toHaveLength(10);
    const rows = await stack.database.query('SELECT FROM factors WHERE user_id = $1', [ada.id]);
    expect(rows).toHaveLength(0);
  });
});

describe('a recovery code', () => {
  test('signs in once, as it was typed, also when it comes twice at the same moment', async () => {
    const { recoveryCodes } = await setTotp(ada);
    const typed = ` ${recoveryCodes[0]?.toUpperCase().replaceAll('-', ' ')} `;
    const [one, other] = [await challengeFor(ada), await challengeFor(ada)];
    const answers = await Promise.all(
      [one, other].map(({ challenge }) => signInAt(stack, { challenge, recoveryCode: typed })),
    );
    expect(answers.map(({ status }) => String(status)).toSorted()).toEqual(['201', '403']);
    expect(await eventsOf(ada)).toContain('recovery_code.used');
  });

  test('ends when new ones are made', async () => {
    const { recoveryCodes } = await setTotp(ada);
    const made = await proven(ada, 'post', '/v1/me/recovery-codes');
    const [next] = (made.body as { recoveryCodes: string[] }).recoveryCodes;
    refused(await answer({ recoveryCode: recoveryCodes[0] }), 403, 'code_wrong');
    expect((await answer({ recoveryCode: next })).status).toBe(201);
  });
});

describe('a challenge', () => {
  test('ends with a change of the password, belongs to its client, and cannot be made up', async () => {
    const { recoveryCodes } = await setTotp(ada);
    const [recoveryCode] = recoveryCodes;
    const { challenge } = await challengeFor(ada);
    const elsewhere = signInAt(stack, { challenge, recoveryCode }).set('User-Agent', 'another/1.0');
    refused(await elsewhere, 403, 'challenge_expired');
    refused(await signInAt(stack, { challenge: `${challenge}A`, recoveryCode }), 403, 'challenge_expired');
    const change = { current: PASSWORD, next: 'another one of hers entirely' };
    await ada.request('put', '/v1/me/password', change).expect(204);
    refused(await signInAt(stack, { challenge, recoveryCode }), 403, 'challenge_expired');
  });

  test('a wrong password is refused as before, and a body with half of each is a fault', async () => {
    await setTotp(ada);
    const { username: login } = ada.user;
    refused(await signInAt(stack, { login, password: 'wrong' }), 401, 'bad_credentials');
    const { challenge } = await challengeFor(ada);
    for (const body of [{ login }, { challenge }, { login, password: PASSWORD, code: '000000' }])
      refused(await signInAt(stack, body), 422, 'validation_failed');
  });
});

describe('a forgotten password', () => {
  const NEXT = 'another one of hers entirely';
  const linkToken = async () =>
    new URL((await admin(stack, 'reset-password', ada.user.username)).trim()).searchParams.get('token') ?? '';
  const reset = (body: object) => request(stack.url).put('/v1/password-resets').send(body);

  test('is replaced with the second factor alone: the mail is not enough', async () => {
    const { secret, recoveryCodes } = await setTotp(ada);
    const token = await linkToken();
    const asked = await reset({ token, password: NEXT });
    refused(asked, 403, 'second_factor_required');
    const { challenge, methods } = (asked.body as { params: { challenge: string; methods: string[] } })
      .params;
    expect(methods).toEqual(['totp', 'recoveryCode']);
    // The challenge of a reset, before which no password was right, signs nobody in.
    const [recoveryCode] = recoveryCodes;
    refused(await signInAt(stack, { challenge, recoveryCode }), 403, 'challenge_expired');
    const wrong = { token, password: NEXT, secondFactor: { code: '000000' } };
    refused(await reset(wrong), 403, 'code_wrong');
    await reset({ ...wrong, secondFactor: { code: codeOf(secret, 1) } }).expect(204);
    refused(await reset({ ...wrong, secondFactor: { recoveryCode } }), 403, 'token_used');
  });

  test('asks for it on the page, too', async () => {
    const { recoveryCodes } = await setTotp(ada);
    const token = await linkToken();
    const form = (fields: object) =>
      request(stack.url)
        .post('/account/reset')
        .type('form')
        .send(new URLSearchParams({ token, password: NEXT, ...fields }).toString());
    const shown = await request(stack.url).get('/account/reset').query({ token }).expect(200);
    expect(shown.text).toContain('name="factor"');
    expect((await form({}).expect(422)).text).toContain('name="factor"');
    expect((await form({ factor: '123 456' }).expect(422)).text).toContain('This code is wrong');
    await form({ factor: recoveryCodes[1] }).expect(200);
  });
});

describe('whoever lost everything', () => {
  const remove = () => admin(stack, 'remove-second-factor', ada.user.username);
  const due = () =>
    stack.database.query(`UPDATE factors SET due_at = now() WHERE user_id = $1 AND kind = 'removal'`, [
      ada.id,
    ]);

  test('signs in by the password alone, days after an operator was asked', async () => {
    await expect(remove()).rejects.toThrow('has none');
    await setTotp(ada);
    expect(await remove()).toContain('three days');
    await expect(remove()).rejects.toThrow('under way');
    await challengeFor(ada);
    await due();
    await expect.poll(() => eventsOf(ada), { timeout: patient(20_000) }).toContain('factors.removed');
    await signIn(stack, ada.user.username);
  });

  test('stops others who ask, by the link of the mail, once and signed out', async () => {
    await setTotp(ada);
    await remove();
    const [mail] = await stack.database.query<{ id: string }>(
      `SELECT id FROM mails WHERE user_id = $1 AND kind = 'factors_removal'`,
      [ada.id],
    );
    await stack.quiet();
    const { token } = secretsOf(await readFile(join(stack.mails, `${mail?.id}.eml`), 'utf8'));
    const page = () => request(stack.url).get('/account/factors').query({ token });
    const press = (given = token) =>
      request(stack.url).post('/account/factors').type('form').send({ token: given });
    expect((await page().expect(200)).text).toContain('Keep your second factor?');
    expect((await page().set('Accept-Language', 'de').expect(200)).text).toContain('behalten');
    await press(`${token}x`).expect(403);
    const answers = await Promise.all([press(), press()]);
    expect(answers.map(({ status }) => String(status)).toSorted()).toEqual(['200', '403']);
    await page().expect(403);
    expect(await eventsOf(ada)).toContain('factors.kept');
    await due();
    await challengeFor(ada);
  });

  test('is protected from others who ask, by a factor that is used in time', async () => {
    const { recoveryCodes } = await setTotp(ada);
    await remove();
    expect((await answer({ recoveryCode: recoveryCodes[0] })).status).toBe(201);
    expect(await eventsOf(ada)).toContain('factors.kept');
    await due();
    await challengeFor(ada);
  });
});
