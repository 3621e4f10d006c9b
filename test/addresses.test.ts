import request from 'supertest';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { refused } from './harness/answers.js';
import { clockAhead } from './harness/clock.js';
import { MailReceiver, secretsOf, textOf, type Received } from './harness/mail-server.js';
import { PASSWORD, signIn, signUp, type Person } from './harness/people.js';
import { startStack, type Stack } from './harness/stack.js';

const NEXT = 'another one of hers entirely';
const receiver = new MailReceiver();
let stack: Stack;
let people = 0;
/** Somebody new, with an address of their own: one address is sent few mails a day. */
let ada: Person;

beforeAll(async () => {
  stack = await startStack({ env: { SMTP_URL: await receiver.start(), INSTANCE_NAME: 'Lichtbilder' } });
});
afterAll(async () => {
  await stack.stop();
  await receiver.stop();
});
beforeEach(async () => {
  ada = await signUp(stack, `ada${(people += 1)}`);
});

const client = (url = stack.url) => request(url);
const verify = (body: object, url?: string) => client(url).put('/v1/email/verifications').send(body);
const revert = (token: string) => client().put('/v1/email/reversals').send({ token });
const form = (path: string, token: string) => client().post(path).type('form').send({ token });
const addressOf = (person: Person) => `${person.user.username}@example.org`;
const me = async (person: Person) =>
  (await person.request('get', '/v1/me').expect(200)).body as Record<string, unknown>;
const signsIn = (login: string, password = PASSWORD) =>
  client().post('/v1/sessions').send({ login, password });

const leading = (page: string) => (mail: Received) => textOf(mail.source).includes(page);
const toVerify = leading('/account/verify');
const toRevert = leading('/account/reversal');
const toReset = leading('/account/reset?');
const inUse = leading('/account/forgot');

/** The mails to an address, the newest last. */
async function mailsTo(address: string, are: (mail: Received) => boolean = () => true): Promise<string[]> {
  await stack.quiet();
  return receiver.received
    .filter((mail) => mail.to.includes(address) && are(mail))
    .map(({ source }) => source);
}
const secretsTo = async (address: string, are = toVerify) =>
  secretsOf((await mailsTo(address, are)).at(-1) ?? '');
async function verified(person: Person): Promise<void> {
  const { token } = await secretsTo(addressOf(person));
  await verify({ token }).expect(204);
}
async function proven(person: Person): Promise<string> {
  const { body } = await person.request('post', '/v1/me/proofs', { password: PASSWORD }).expect(201);
  return (body as { proof: string }).proof;
}
/** Asks for another address, with a fresh proof. */
const change = async (person: Person, email: string) =>
  person.request('put', '/v1/me/email', { email }).set('Narwhal-Proof', await proven(person));
async function changed(person: Person, email: string): Promise<void> {
  expect((await change(person, email)).status).toBe(202);
  const { token } = await secretsTo(email);
  await verify({ token }).expect(204);
}
const events = async (person: Person) => {
  const { body } = await person.request('get', '/v1/me/security-events').expect(200);
  return (body as { items: { kind: string }[] }).items.map(({ kind }) => kind);
};
const ofMany = (answers: { status: number }[]) =>
  answers.map(({ status }) => status).toSorted((one, other) => one - other);
const others = (code: string) => (code === '000000' ? '000001' : '000000');

describe('an address', () => {
  test('belongs to whoever verified it by the link, once', async () => {
    refused(await signsIn(addressOf(ada)), 401, 'bad_credentials');
    expect(await me(ada)).toMatchObject({ email: addressOf(ada), emailVerified: false });
    const { token, link } = await secretsTo(addressOf(ada));
    expect(link).toMatch(new RegExp(`^${stack.url}/account/verify\\?token=\\d+\\.[\\w-]{43}$`));
    await verify({ token }).expect(204);
    refused(await verify({ token }), 403, 'token_used');
    await signsIn(addressOf(ada).toUpperCase()).expect(201);
    expect(await me(ada)).toMatchObject({ emailVerified: true, pendingEmail: null });
    expect(await events(ada)).toContain('email.verified');
  });

  test('is verified by the six digits, also from a device that is not signed in', async () => {
    const { code } = await secretsTo(addressOf(ada));
    expect(code).toMatch(/^\d{6}$/);
    await verify({ login: ada.user.username, code: `${code.slice(0, 3)} ${code.slice(3)}` }).expect(204);
    refused(await verify({ login: ada.user.username, code }), 403, 'code_wrong');
    await signsIn(addressOf(ada)).expect(201);
  });

  test('that several accounts name belongs to the one whose code is used, and is lost to the others', async () => {
    const grace = await signUp(stack, `grace${people}`, { email: addressOf(ada) });
    const [first = '', second = ''] = await mailsTo(addressOf(ada));
    expect(textOf(second)).toContain(grace.user.username);
    await verify({ login: addressOf(ada), code: secretsOf(second).code }).expect(204);
    const { body } = await signsIn(addressOf(ada)).expect(201);
    expect(body).toMatchObject({ user: { id: grace.id } });
    const { token, code } = secretsOf(first);
    refused(await verify({ token }), 403, 'token_used');
    refused(await verify({ login: ada.user.username, code }), 403, 'code_wrong');
    expect(await me(ada)).toMatchObject({ email: addressOf(ada), emailVerified: false });
  });

  test('of many who use one mail at once, one succeeds', async () => {
    const { token, code } = await secretsTo(addressOf(ada));
    const proofs = [
      { token },
      { login: ada.user.username, code },
      { token },
      { login: addressOf(ada), code },
    ];
    expect(ofMany(await Promise.all(proofs.map((proof) => verify(proof))))).toEqual([204, 403, 403, 403]);
  });

  test('from before belongs to its account as it did, and yields to whoever verifies it', async () => {
    await stack.database.query('INSERT INTO emails (email, user_id) VALUES ($1, $2)', [
      addressOf(ada),
      ada.id,
    ]);
    await signsIn(addressOf(ada)).expect(201);
    expect(await me(ada)).toMatchObject({ emailVerified: false });
    const owner = await signUp(stack, `owner${people}`, { email: addressOf(ada) });
    await verify({ token: (await secretsTo(addressOf(ada))).token }).expect(204);
    const { body } = await signsIn(addressOf(ada)).expect(201);
    expect(body).toMatchObject({ user: { id: owner.id } });
    await signIn(stack, ada.user.username);
    expect(await events(ada)).toContain('email.lost');
    expect(await events(owner)).not.toContain('email.lost');
  });

  test('is verified in a browser: a GET changes nothing, the button does', async () => {
    const { link, token } = await secretsTo(addressOf(ada));
    const { pathname, search } = new URL(link);
    const page = () => client().get(pathname + search);
    for (let opened = 0; opened < 3; opened += 1)
      expect((await page().expect(200)).text).toContain('Confirm the address');
    await form('/account/verify', token).set('Sec-Fetch-Site', 'cross-site').expect(403);
    expect((await form('/account/verify', token).expect(200)).text).toContain('is confirmed');
    await page().expect(403);
    await form('/account/verify', token).expect(403);
    expect(await me(ada)).toMatchObject({ emailVerified: true });
  });
});

describe('links and codes are useless', () => {
  test('altered, foreign, of another kind, or made up', async () => {
    const { token } = await secretsTo(addressOf(ada));
    const [id = '', secret = ''] = token.split('.');
    const grace = await signUp(stack, `grace${people}`);
    const foreign = await secretsTo(addressOf(grace));
    await client().post('/v1/password-resets').send({ login: ada.user.username }).expect(202);
    const reset = await secretsTo(addressOf(ada), toReset);
    for (const wrong of [
      `${id}.${secret.slice(0, -1)}${secret.endsWith('A') ? 'B' : 'A'}`,
      `${id}.${foreign.token.split('.')[1] ?? ''}`,
      `${foreign.token.split('.')[0] ?? ''}.${secret}`,
      reset.token,
      `${token}.${secret}`,
      '1.\u0000',
      '',
    ])
      refused(await verify({ token: wrong }), 403, 'token_used');
    refused(await verify({ login: ada.user.username, code: foreign.code }), 403, 'code_wrong');
    refused(await verify({ login: ada.user.username, code: reset.code }), 403, 'code_wrong');
    refused(await revert(token), 403, 'token_used');
  });

  test('after a day, and after the password was changed', async () => {
    const { token, code } = await secretsTo(addressOf(ada));
    const later = await stack.guest(clockAhead(24 * 60 * 60 + 5));
    refused(await verify({ token }, later.url), 403, 'token_used');
    refused(await verify({ login: ada.user.username, code }, later.url), 403, 'code_wrong');
    await ada.request('put', '/v1/me/password', { current: PASSWORD, next: NEXT }).expect(204);
    refused(await verify({ token }), 403, 'token_used');
    refused(await verify({ login: ada.user.username, code }), 403, 'code_wrong');
  });

  test.each(['name', 'address'])(
    'by %s, a code after five wrong ones at once; its link goes on working',
    async (by) => {
      const { token, code } = await secretsTo(addressOf(ada));
      const login = by === 'name' ? ada.user.username : addressOf(ada);
      const guess = () => verify({ login, code: others(code) });
      for (const answer of await Promise.all(Array.from({ length: 6 }, guess)))
        refused(answer, 403, 'code_wrong');
      for (const name of [ada.user.username, addressOf(ada)])
        refused(await verify({ login: name, code }), 403, 'code_wrong');
      await verify({ token }).expect(204);
    },
  );
});

describe('nobody learns whose address it is', () => {
  test('a sign-up with a known one is answered as always; its owner is told, once a day', async () => {
    await verified(ada);
    const [known, unknown] = [addressOf(ada), `nobody${people}@example.org`];
    const answers = await Promise.all(
      [known, unknown].map((email, index) => signUp(stack, `eve${people}${index}`, { email })),
    );
    const shown = await Promise.all(answers.map(async (person) => Object.keys(await me(person))));
    expect(shown[0]).toEqual(shown[1]);
    const [eve] = answers as [Person];
    await signUp(stack, `mallory${people}`, { email: known });
    expect(await mailsTo(known, inUse)).toHaveLength(1);
    const [notice = ''] = await mailsTo(known, inUse);
    expect(textOf(notice)).toContain(ada.user.username);
    expect(textOf(notice)).not.toContain(eve.user.username);
    expect(textOf(notice)).not.toMatch(/^ {4}\d+$/m);
    expect(await mailsTo(known, toVerify)).toHaveLength(1);
    await eve.request('post', '/v1/email/verifications').expect(202);
    expect(await mailsTo(known, toVerify)).toHaveLength(1);
    refused(await verify({ login: eve.user.username, code: '000000' }), 403, 'code_wrong');
    expect(await me(eve)).toMatchObject({ emailVerified: false });
  });

  test('asking for a known one shows what asking for another shows', async () => {
    const grace = await signUp(stack, `grace${people}`);
    await verified(grace);
    for (const email of [addressOf(grace), `new${people}@example.org`]) {
      const answer = await change(ada, email);
      expect([answer.status, answer.text]).toEqual([202, '']);
      await stack.quiet();
      expect(await me(ada)).toMatchObject({ email: addressOf(ada), pendingEmail: email });
    }
    expect(await mailsTo(addressOf(grace), inUse)).toHaveLength(1);
    expect(await mailsTo(addressOf(grace), toVerify)).toHaveLength(1);
  });

  test('nobody is told by a wrong code who names which address', async () => {
    const told = async (login: string) => {
      const { status, body } = await verify({ login, code: '000000' });
      return { status, body: { ...(body as object), requestId: '' } };
    };
    const known = await told(ada.user.username);
    for (const login of [addressOf(ada), 'nobody-here', 'nobody@example.org', 'nul\u0000'])
      expect(await told(login)).toEqual(known);
  });

  test('one account uses up half of a mailbox’s day, by whatever alias: its owner can still be mailed', async () => {
    const email = `shared${people}@example.org`;
    const alias = email.replace('@', '+alias@');
    const eve = await signUp(stack, `eve${people}`, { email });
    for (let index = 0; index < 3; index += 1)
      await eve.request('post', '/v1/email/verifications').expect(202);
    expect((await change(eve, alias)).status).toBe(202);
    expect([(await mailsTo(email)).length, (await mailsTo(alias)).length]).toEqual([3, 0]);
    const owner = await signUp(stack, `owner${people}`, { email });
    await owner.request('post', '/v1/email/verifications').expect(202);
    expect(await mailsTo(email)).toHaveLength(5);
    await verify({ token: (await secretsTo(email)).token }).expect(204);
    expect(await me(owner)).toMatchObject({ emailVerified: true });
  });

  test('however many accounts ask, a mailbox is sent six mails a day; one account asks ten times', async () => {
    const email = `target${people}@example.org`;
    const alias = email.replace('@', '+alias@');
    for (let index = 0; index < 8; index += 1)
      await signUp(stack, `m${people}x${index}`, { email: index < 4 ? email : alias });
    expect([(await mailsTo(email)).length, (await mailsTo(alias)).length]).toEqual([4, 2]);
    const eve = await signUp(stack, `eve${people}`, { email });
    await client().post('/v1/password-resets').send({ login: eve.user.username }).expect(202);
    expect(await mailsTo(email)).toHaveLength(4);
    for (let index = 1; index < 10; index += 1)
      expect((await change(ada, `t${people}x${index}@example.org`)).status).toBe(202);
    refused(await change(ada, `t${people}x10@example.org`), 429, 'rate_limited');
    refused(await ada.request('post', '/v1/email/verifications'), 429, 'rate_limited');
  });
});

describe('a change of address', () => {
  beforeEach(() => verified(ada));

  test('needs a proof, and is nothing until the new one is verified', async () => {
    const email = `new${people}@example.org`;
    refused(await ada.request('put', '/v1/me/email', { email }), 403, 'proof_required');
    expect((await change(ada, email)).status).toBe(202);
    expect(await me(ada)).toMatchObject({ email: addressOf(ada), emailVerified: true, pendingEmail: email });
    await signsIn(addressOf(ada)).expect(201);
    await verify({ token: (await secretsTo(email)).token }).expect(204);
    expect(await me(ada)).toMatchObject({ email, emailVerified: true, pendingEmail: null });
    refused(await signsIn(addressOf(ada)), 401, 'bad_credentials');
    await signsIn(email).expect(201);
    expect(await events(ada)).toContain('email.changed');
  });

  test('is told to the old one, whose link takes it back whatever the password is by then', async () => {
    const email = `eves${people}@example.org`;
    await changed(ada, email);
    await ada.request('put', '/v1/me/password', { current: PASSWORD, next: NEXT }).expect(204);
    await stack.database.query(
      `INSERT INTO factors (shard, id, user_id, kind, secret, sealed_by, confirmed_at)
       SELECT shard, next_id(shard), id, 'totp', 'a thief’s', 'test', now() FROM users WHERE id = $1`,
      [ada.id],
    );
    const identities = (sql: string) => stack.database.query<{ provider: string }>(sql, [ada.id]);
    await identities(`INSERT INTO identities (provider, subject, user_id) VALUES ('ours', 'a thief', $1)`);
    await identities(
      `INSERT INTO identities (provider, subject, user_id, created_at) VALUES ('other', 'hers', $1, now() - interval '8 days')`,
    );
    const [notice = ''] = await mailsTo(addressOf(ada), toRevert);
    expect(textOf(notice)).not.toContain(email);
    const { token, link } = secretsOf(notice);
    const { pathname, search } = new URL(link);
    expect(
      (
        await client()
          .get(pathname + search)
          .expect(200)
      ).text,
    ).toContain('Take it back');
    await form('/account/reversal', token).expect(200);
    refused(await revert(token), 403, 'token_used');
    refused(await ada.request('get', '/v1/me'), 401, 'session_ended');
    for (const login of [ada.user.username, addressOf(ada), email])
      for (const password of [PASSWORD, NEXT])
        refused(await signsIn(login, password), 401, 'bad_credentials');
    const reset = await secretsTo(addressOf(ada), toReset);
    await client()
      .put('/v1/password-resets')
      .send({ token: reset.token, password: `${NEXT} again` })
      .expect(204);
    const back = await signIn(stack, addressOf(ada), `${NEXT} again`);
    expect(await me(back)).toMatchObject({ email: addressOf(ada), emailVerified: true });
    expect(await events(back)).toContain('email.reverted');
    // What a thief may have linked is gone, and what was there a week before is not.
    const left = await identities(`SELECT provider FROM identities WHERE user_id = $1`);
    expect(left).toEqual([{ provider: 'other' }]);
  });

  test('that was taken back stays so, whatever mails the later addresses got', async () => {
    const [second, third] = [`second${people}@example.org`, `third${people}@example.org`];
    await changed(ada, second);
    await changed(ada, third);
    expect((await change(ada, `fourth${people}@example.org`)).status).toBe(202);
    const pending = await secretsTo(`fourth${people}@example.org`);
    await stack.quiet();
    expect(await mailsTo(second, toRevert)).toEqual([]);
    await revert((await secretsTo(addressOf(ada), toRevert)).token).expect(204);
    refused(await verify({ token: pending.token }), 403, 'token_used');
    const reset = await secretsTo(addressOf(ada), toReset);
    await client().put('/v1/password-resets').send({ token: reset.token, password: NEXT }).expect(204);
  });

  test('that its owner undoes in the app leaves no link to the other address, and ends the own', async () => {
    const theirs = `theirs${people}@example.org`;
    await changed(ada, theirs);
    const { token } = await secretsTo(addressOf(ada), toRevert);
    await changed(ada, addressOf(ada));
    await stack.quiet();
    expect(await mailsTo(theirs, toRevert)).toEqual([]);
    refused(await revert(token), 403, 'token_used');
    expect(await me(ada)).toMatchObject({ email: addressOf(ada), emailVerified: true });
  });

  test('to a typo is mended by another: the first mail confirms nothing any more', async () => {
    const [typo, right] = [`typo.of.${people}@example.org`, `right.of.${people}@example.org`];
    expect((await change(ada, typo)).status).toBe(202);
    const { token } = await secretsTo(typo);
    await changed(ada, right);
    refused(await verify({ token }), 403, 'token_used');
    expect(await me(ada)).toMatchObject({ email: right, emailVerified: true });
  });

  test('is taken back within seven days, and once by many at once', async () => {
    await changed(ada, `new${people}@example.org`);
    const { token } = await secretsTo(addressOf(ada), toRevert);
    const [soon, late] = [clockAhead(7 * 24 * 60 * 60 - 60), clockAhead(7 * 24 * 60 * 60 + 5)];
    const at = async (env: Parameters<Stack['guest']>[0]) =>
      client((await stack.guest(env)).url).get(`/account/reversal?token=${token}`);
    expect([(await at(late)).status, (await at(soon)).status]).toEqual([403, 200]);
    expect(ofMany(await Promise.all([1, 2, 3].map(() => revert(token))))).toEqual([204, 403, 403]);
  });

  test('from a typo that was never verified is told to nobody', async () => {
    const typo = `typo${people}@example.org`;
    const grace = await signUp(stack, `grace${people}`, { email: typo });
    await changed(grace, addressOf(grace));
    expect(await me(grace)).toMatchObject({ email: addressOf(grace), emailVerified: true });
    expect(await mailsTo(typo, toRevert)).toEqual([]);
  });

  test('to one that somebody else verified meanwhile is refused as a used link is', async () => {
    const email = `wanted${people}@example.org`;
    expect((await change(ada, email)).status).toBe(202);
    const { token } = await secretsTo(email);
    const grace = await signUp(stack, `grace${people}`, { email });
    await verify({ token: (await secretsTo(email)).token }).expect(204);
    refused(await verify({ token }), 403, 'token_used');
    expect(await me(ada)).toMatchObject({ email: addressOf(ada), emailVerified: true });
    expect(await me(grace)).toMatchObject({ email, emailVerified: true });
  });
});

describe('the language of mails', () => {
  test('is that of the sign-up, until one says another', async () => {
    const login = `berta${people}`;
    const body = { username: login, email: `${login}@example.org`, password: PASSWORD };
    await client().post('/v1/users').set('Accept-Language', 'de-AT, en;q=0.5').send(body).expect(201);
    const berta = await signIn(stack, login);
    expect(await me(berta)).toMatchObject({ locale: 'de' });
    expect(textOf((await mailsTo(body.email))[0] ?? '')).toContain('Adresse bestätigen');
    await berta.request('patch', '/v1/me', { locale: 'en-gb' }).expect(200);
    expect(await me(berta)).toMatchObject({ locale: 'en-GB' });
    await client().post('/v1/password-resets').set('Accept-Language', 'de').send({ login }).expect(202);
    expect(textOf((await mailsTo(body.email, toReset))[0] ?? '')).toContain('Choose a new password');
  });
});

test('an instance may ask for a verified address before somebody posts', async () => {
  const strict = await stack.guest({ REQUIRE_VERIFIED_EMAIL: 'on' });
  const { body } = await client(strict.url).get('/v1/instance').expect(200);
  expect(body).toMatchObject({ requires: { verifiedEmail: true } });
  const post = () =>
    client(strict.url)
      .post('/v1/posts')
      .set('Authorization', `Bearer ${ada.session.accessToken}`)
      .send({ photoIds: ['1'] });
  refused(await post(), 403, 'email_unverified');
  await verified(ada);
  refused(await post(), 422, 'photo_not_found');
});
