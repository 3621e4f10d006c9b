import { randomUUID } from 'node:crypto';
import request, { type Response } from 'supertest';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { admin } from './harness/admin-command.js';
import { faults, moment, refused } from './harness/answers.js';
import type { Page, ProblemBody } from './harness/contract.js';
import { IdentityProvider } from './harness/identity-provider.js';
import { MailReceiver, textOf } from './harness/mail-server.js';
import { patient } from './harness/pace.js';
import { PASSWORD, Person, signIn, signUp } from './harness/people.js';
import { codeOf, proven, sessionOf, setTotp, signInAt } from './harness/second-factor.js';
import { startStack, type Stack } from './harness/stack.js';

interface Newcomer {
  signUp: string;
  suggestion: { username: string | null; displayName: string | null; email: string | null };
}

const receiver = new MailReceiver();
let provider: IdentityProvider;
let stack: Stack;
let made = 0;

beforeAll(async () => {
  provider = await IdentityProvider.start();
  stack = await startStack({
    env: { SMTP_URL: await receiver.start(), IDENTITY_PROVIDERS: JSON.stringify([provider.settings]) },
  });
});
afterAll(async () => {
  await stack.stop();
  await Promise.all([provider.stop(), receiver.stop()]);
});

const client = () => request(stack.url);
const fresh = (name: string): string => `${name}${(made += 1)}`;
const tokenOf = async (subject: string, claims: Record<string, unknown> = {}) => {
  const nonce = randomUUID();
  const email = { email: `${subject}@example.org`, email_verified: true, name: `${subject} Lovelace` };
  return { idToken: await provider.idToken(subject, nonce, { claims: { ...email, ...claims } }), nonce };
};
const enter = (body: object, key?: string) => {
  const sent = client()
    .post('/v1/sessions/identity')
    .send({ provider: 'ours', ...body });
  return key === undefined ? sent : sent.set('Idempotency-Key', key);
};
const newcomer = async (subject: string): Promise<Newcomer> =>
  (await enter(await tokenOf(subject)).expect(200)).body as Newcomer;
const personOf = ({ body }: Response): Person => {
  const { user, session } = body as Pick<Person, 'user' | 'session'>;
  return new Person(stack, user, session);
};
const tokensOf = (answer: Response) => {
  const { id, refreshToken } = sessionOf(answer);
  return { id, refreshToken };
};
/** Somebody without a password. */
async function comer(name: string): Promise<Person> {
  const { signUp: token } = await newcomer(name);
  const fields = { username: name, email: `${name}@example.org`, signUp: token };
  return personOf(await client().post('/v1/users').send(fields).expect(201));
}
const proofBy = async (person: Person, body: object) =>
  person.request('post', '/v1/me/proofs', { provider: 'ours', ...body });
async function provenBy(
  subject: string,
  person: Person,
  ...[method, path, body]: Parameters<Person['request']>
) {
  const { proof } = (await (await proofBy(person, await tokenOf(subject))).body) as { proof: string };
  return person.request(method, path, body).set('Narwhal-Proof', proof);
}
const link = async (person: Person, subject: string) =>
  proven(person, 'put', '/v1/me/identities/ours', await tokenOf(subject));
const identitiesOf = async (person: Person) =>
  ((await person.request('get', '/v1/me/identities').expect(200)).body as Page<{ provider: string }>).items;
const eventsOf = async (person: Person) =>
  (
    (await person.request('get', '/v1/me/security-events').expect(200)).body as Page<{ kind: string }>
  ).items.map(({ kind }) => kind);

test('the providers are told to everybody', async () => {
  const { body } = await client().get('/v1/identity-providers').expect(200);
  const { id, name, issuer, clientId } = provider.settings;
  const items = [{ id, name, issuer, clientId, scopes: ['openid', 'email', 'profile'] }];
  expect(body).toEqual({ items, nextCursor: null, prevCursor: null });
});

describe('somebody new', () => {
  test('is told what to sign up with, and signs in from then on', async () => {
    const name = fresh('ada');
    const { signUp: token, suggestion } = await newcomer(name);
    expect(suggestion).toEqual({
      username: `${name}.lovelace`,
      displayName: `${name} Lovelace`,
      email: `${name}@example.org`,
    });
    const fields = { username: name, email: `${name}@example.org`, signUp: token };
    const signedUp = await client().post('/v1/users').send(fields).expect(201);
    expect((signedUp.body as { user: object }).user).toMatchObject({ username: name, emailVerified: true });
    const signedIn = personOf(await enter(await tokenOf(name)).expect(201));
    expect(signedIn.id).toBe(personOf(signedUp).id);
    expect(await identitiesOf(signedIn)).toEqual([
      { provider: 'ours', email: `${name}@example.org`, createdAt: moment, usedAt: moment },
    ]);
    refused(await signInAt(stack, { login: name, password: PASSWORD }), 401, 'bad_credentials');
    const again = await client()
      .post('/v1/users')
      .send({ ...fields, username: fresh('again') });
    refused(again, 409, 'identity_taken');
  });

  test('may come by a code, name another address, and set a password at once', async () => {
    const name = fresh('grace');
    const { signUp: token, suggestion } = (await enter(await provider.code(name)).expect(200))
      .body as Newcomer;
    expect(suggestion).toMatchObject({ displayName: `${name} of Ours`, email: `${name}@provider.example` });
    const email = `${name}@elsewhere.example`;
    const fields = { username: name, email, password: PASSWORD, signUp: token };
    const signedUp = await client().post('/v1/users').send(fields).expect(201);
    expect((signedUp.body as { user: object }).user).toMatchObject({ emailVerified: false });
    expect((await signIn(stack, name)).id).toBe(
      personOf(await enter(await provider.code(name)).expect(201)).id,
    );
  });

  test('gets no address that somebody else has verified, and no account by it', async () => {
    const owner = await comer(fresh('owner'));
    const email = `${owner.user.username}@example.org`;
    const subject = fresh('thief');
    const { signUp: token } = (await enter(await tokenOf(subject, { email })).expect(200)).body as Newcomer;
    const fields = { username: subject, email, signUp: token };
    const signedUp = await client().post('/v1/users').send(fields).expect(201);
    expect((signedUp.body as { user: object }).user).toMatchObject({
      username: subject,
      emailVerified: false,
    });
    expect(personOf(signedUp).id).not.toBe(owner.id);
  });

  test('has to keep the rules of sign-up', async () => {
    const name = fresh('rules');
    const email = `${name}@example.org`;
    const asked = client().post('/v1/users').send({ username: name, email });
    expect(faults(await asked)).toEqual(['/password required']);
    const made = client().post('/v1/users').send({ username: name, email, signUp: 'made up' });
    refused(await made, 403, 'sign_up_expired');
    const guest = await stack.guest({ REGISTRATIONS: 'closed' });
    const { signUp: token } = await newcomer(name);
    const closed = request(guest.url).post('/v1/users').send({ username: name, email, signUp: token });
    refused(await closed, 403, 'registrations_closed');
  });

  test('waits for an admin where that is asked for, and is forgotten when refused', async () => {
    const guest = await stack.guest({ REGISTRATIONS: 'approval' });
    const boss = await signUp(stack, fresh('boss'));
    await admin(stack, 'grant', boss.user.username);
    const decide = (id: string, state: string) =>
      boss.request('put', `/admin/registrations/${id}`, { state }).expect(204);
    const ask = async (name: string) => {
      const { signUp: token } = await newcomer(name);
      const fields = { username: name, email: `${name}@example.org`, signUp: token };
      const answer = await request(guest.url).post('/v1/users').send(fields).expect(202);
      return (answer.body as { user: { id: string } }).user.id;
    };
    const [welcome, unwelcome] = [fresh('welcome'), fresh('unwelcome')];
    const ids = [await ask(welcome), await ask(unwelcome)];
    refused(await enter(await tokenOf(welcome)), 403, 'approval_pending');
    await decide(ids[0] ?? '', 'approved');
    expect(personOf(await enter(await tokenOf(welcome)).expect(201)).id).toBe(ids[0]);
    await decide(ids[1] ?? '', 'refused');
    await enter(await tokenOf(unwelcome)).expect(200);
  });
});

describe('a token', () => {
  test('is taken once, but for a repeat under its key, which has the same session', async () => {
    const person = await comer(fresh('once'));
    const token = await tokenOf(person.user.username);
    const key = randomUUID();
    const [first, second] = [await enter(token, key).expect(201), await enter(token, key).expect(201)];
    expect(tokensOf(second)).toEqual(tokensOf(first));
    refused(await enter(token), 401, 'identity_refused');
    refused(await enter(token, randomUUID()), 401, 'identity_refused');
    const many = await Promise.all(Array.from({ length: 5 }, () => enter(token)));
    expect(many.map(({ status }) => status)).toEqual([401, 401, 401, 401, 401]);
  });

  test('of many at once lets one in', async () => {
    const person = await comer(fresh('race'));
    const token = await tokenOf(person.user.username);
    const many = await Promise.all(Array.from({ length: 6 }, () => enter(token)));
    expect(many.filter(({ status }) => status === 201)).toHaveLength(1);
  });

  test('of a code may be repeated under its key, though the provider takes the code once', async () => {
    const person = await comer(fresh('code'));
    const [code, key] = [await provider.code(person.user.username), randomUUID()];
    const [first, second] = [await enter(code, key).expect(201), await enter(code, key).expect(201)];
    expect(tokensOf(second)).toEqual(tokensOf(first));
  });

  test('for another app, and half of either flow, are refused', async () => {
    const name = fresh('wrong');
    refused(await enter(await tokenOf(name, { aud: 'somebody.else' })), 401, 'identity_refused');
    refused(await enter({ ...(await tokenOf(name)), provider: 'other' }), 404, 'not_found');
    const { idToken, nonce } = await tokenOf(name);
    for (const half of [{ idToken }, { nonce }, { idToken, nonce, code: 'x' }, { code: 'x' }])
      refused(await enter(half), 422, 'validation_failed');
  });
});

test('the second factor is asked for all the same', async () => {
  const person = await signUp(stack, fresh('factor'));
  await link(person, person.user.username);
  const { secret } = await setTotp(person);
  const token = await tokenOf(person.user.username);
  const asked = await enter(token);
  refused(asked, 401, 'second_factor_required');
  refused(await enter(token), 401, 'identity_refused');
  const { challenge } = (asked.body as ProblemBody & { params: { challenge: string } }).params;
  await signInAt(stack, { challenge, code: codeOf(secret, 1) }).expect(201);
});

describe('whoever has an account', () => {
  test('links an identity with a proof, is told by mail, and signs in by it', async () => {
    const name = fresh('linus');
    const person = await comer(name);
    const [other, token] = [await signUp(stack, fresh('other')), await tokenOf(name)];
    refused(await other.request('put', '/v1/me/identities/ours', token), 403, 'proof_required');
    refused(await proven(other, 'put', '/v1/me/identities/ours', token), 409, 'identity_taken');
    const used = await tokenOf(fresh('used'));
    await enter(used).expect(200);
    refused(await proven(other, 'put', '/v1/me/identities/ours', used), 403, 'identity_refused');
    const subject = fresh('second');
    expect((await link(other, subject)).status).toBe(200);
    expect(personOf(await enter(await tokenOf(subject)).expect(201)).id).toBe(other.id);
    // Another of the same provider takes its place.
    expect((await link(other, fresh('third'))).status).toBe(200);
    expect(await identitiesOf(other)).toHaveLength(1);
    await enter(await tokenOf(subject)).expect(200);
    expect(await eventsOf(other)).toContain('identity.added');
    const told = () => receiver.received.filter(({ to }) => to.includes(`${name}@example.org`));
    await provenBy(name, person, 'put', '/v1/me/identities/ours', await tokenOf(fresh('fourth')));
    await expect
      .poll(
        () =>
          told()
            .map(({ source }) => textOf(source))
            .join(),
        { timeout: patient(20_000) },
      )
      .toContain('a provider');
  });

  test('keeps a last way in', async () => {
    const name = fresh('last');
    const person = await comer(name);
    const refusal = await provenBy(name, person, 'delete', '/v1/me/identities/ours');
    refused(refusal, 409, 'last_way_in');
    // One of a provider that the operator took out of the settings is none.
    await stack.database.query(
      `INSERT INTO identities (provider, subject, user_id) VALUES ('former', 'x', $1)`,
      [person.id],
    );
    refused(await provenBy(name, person, 'delete', '/v1/me/identities/ours'), 409, 'last_way_in');
    const owner = await signUp(stack, fresh('password'));
    await link(owner, fresh('gone'));
    for (const _repeat of [1, 2])
      expect((await proven(owner, 'delete', '/v1/me/identities/ours')).status).toBe(204);
    expect(await identitiesOf(owner)).toEqual([]);
    expect(await eventsOf(owner)).toContain('identity.removed');
  });

  test('proves who they are by their own identity alone', async () => {
    const name = fresh('proof');
    const [person, other] = [await comer(name), await comer(fresh('another'))];
    const token = await tokenOf(name);
    refused(await proofBy(other, token), 403, 'identity_refused');
    expect((await proofBy(person, token)).status).toBe(201);
    refused(await proofBy(person, token), 403, 'identity_refused');
    refused(await proofBy(person, { idToken: 'x' }), 422, 'validation_failed');
  });

  test('who closes it may come back by it until it is erased, and it is anybody’s then', async () => {
    const name = fresh('leaving');
    const person = await comer(name);
    await (
      await provenBy(name, person, 'delete', '/v1/me')
    ).body;
    expect(personOf(await enter(await tokenOf(name)).expect(201)).id).toBe(person.id);
    const back = personOf(await enter(await tokenOf(name)).expect(201));
    await provenBy(name, back, 'delete', '/v1/me');
    await stack.database.query(`UPDATE users SET erase_at = now() WHERE id = $1`, [person.id]);
    await expect
      .poll(() => stack.database.query(`SELECT 1 FROM identities WHERE user_id = $1`, [person.id]), {
        timeout: patient(60_000),
      })
      .toEqual([]);
    await enter(await tokenOf(name)).expect(200);
  });
});

test('a provider that is away is told, and holds up nobody else', async () => {
  await provider.stop();
  const refusal = await enter(
    await provider
      .code('ada')
      .catch(() => ({ code: 'x', codeVerifier: 'x'.repeat(43), redirectUri: provider.redirectUri })),
  );
  expect(refused(refusal, 503, 'provider_unavailable').params).toEqual({ provider: 'ours' });
  expect(refusal.headers['retry-after']).toBe('10');
  await provider.comeBack();
});
