import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import request from 'supertest';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { admin } from './harness/admin-command.js';
import { refused } from './harness/answers.js';
import { clockAhead } from './harness/clock.js';
import { MailReceiver, secretsOf, textOf } from './harness/mail-server.js';
import { Nginx, nginxInstalled } from './harness/nginx.js';
import { patient } from './harness/pace.js';
import { signIn, signUp, type Person } from './harness/people.js';
import { startStack, type Stack } from './harness/stack.js';

const NEXT = 'another one of hers entirely';
const receiver = new MailReceiver();
let stack: Stack;
let people = 0;
/** Somebody new: an account is sent three mails an hour. */
let ada: Person;

beforeAll(async () => {
  stack = await startStack({ env: { SMTP_URL: await receiver.start(), INSTANCE_NAME: 'Lichtbilder' } });
});
afterAll(async () => {
  await stack.stop();
  await receiver.stop();
});
beforeEach(async () => {
  receiver.manner = 'takes';
  ada = await signUp(stack, `ada${(people += 1)}`);
  await verified(ada);
  await stack.quiet();
});

const client = (url = stack.url) => request(url);
const ask = (login: string) => client().post('/v1/password-resets').send({ login });
const reset = (body: object, url?: string) => client(url).put('/v1/password-resets').send(body);
const form = (path: string, fields: Record<string, string>) =>
  client().post(path).type('form').send(new URLSearchParams(fields).toString());
const addressOf = (person: Person) => `${person.user.username}@example.org`;
/** Not the one that verifies their address. */
const mailsTo = (person: Person) =>
  receiver.received.filter(
    ({ to, source }) => to.includes(addressOf(person)) && textOf(source).includes('/account/reset'),
  );
/** As if they had used the mail of their sign-up. */
const verified = (person: Person) =>
  stack.database.query('INSERT INTO emails VALUES ($1, $2, now())', [addressOf(person), person.id]);

async function mailTo(person: Person, number = 1): Promise<string> {
  await expect.poll(() => mailsTo(person).length, { timeout: patient(20_000) }).toBe(number);
  return mailsTo(person).at(-1)?.source ?? '';
}
async function secretsFor(person: Person) {
  await ask(person.user.username).expect(202);
  return secretsOf(await mailTo(person, mailsTo(person).length + 1));
}
const signsInWith = async (person: Person, password: string) => {
  await signIn(stack, person.user.username, password);
};

describe('a forgotten password', () => {
  test('is replaced by the link of a mail, once, and ends all sessions', async () => {
    const phone = await signIn(stack, ada.user.username);
    const { token, link } = await secretsFor(ada);
    expect(link).toMatch(new RegExp(`^${stack.url}/account/reset\\?token=\\d+\\.[\\w-]{43}$`));
    await reset({ token, password: NEXT }).expect(204);
    refused(await reset({ token, password: `${NEXT}!` }), 403, 'token_used');
    for (const session of [ada, phone]) refused(await session.request('get', '/v1/me'), 401, 'session_ended');
    await signsInWith(ada, NEXT);
    const signedIn = await signIn(stack, ada.user.username, NEXT);
    const events = await signedIn.request('get', '/v1/me/security-events').expect(200);
    const { items } = events.body as { items: { kind: string; byYou: boolean }[] };
    expect(items.filter(({ kind }) => kind === 'password.reset')).toHaveLength(1);
  });

  test('is replaced by the code, for whoever is known by either name', async () => {
    const { code } = await secretsFor(ada);
    await reset({
      login: addressOf(ada).toUpperCase(),
      code: `${code.slice(0, 3)} ${code.slice(3)}`,
      password: NEXT,
    }).expect(204);
    await signsInWith(ada, NEXT);
    refused(await reset({ login: ada.user.username, code, password: NEXT }), 403, 'code_wrong');
  });

  test('is replaced in a browser without script, in the reader’s language', async () => {
    const german = { 'Accept-Language': 'de-AT, en;q=0.5' };
    await ada.request('patch', '/v1/me', { locale: 'de-AT' }).expect(200);
    const forgot = await client().get('/account/forgot').set(german).expect(200);
    expect(forgot.text).toContain('Passwort vergessen?');
    expect(forgot.headers).toMatchObject({ 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' });
    expect(forgot.headers['content-security-policy']).toContain("default-src 'none'");
    await client()
      .get('/account/style.css')
      .expect(200)
      .expect('content-type', /text\/css/);
    const asked = await form('/account/forgot', { login: ada.user.username }).set(german).expect(200);
    expect(asked.text).toContain('Wenn es dieses Konto gibt');
    const source = await mailTo(ada);
    expect(textOf(source)).toContain(`Kontos ${ada.user.username} auf Lichtbilder`);
    const { link, token } = secretsOf(source);
    const { pathname, search } = new URL(link);
    const page = await client()
      .get(pathname + search)
      .set(german)
      .expect(200);
    expect(page.text).toContain(token);
    const weak = await form('/account/reset', { token, password: 'passwort1234' }).set(german).expect(422);
    expect(weak.text).toContain('zu leicht zu erraten');
    await form('/account/reset', { token, password: NEXT }).set('Sec-Fetch-Site', 'cross-site').expect(403);
    await form('/account/reset', { token, password: NEXT }).set('Sec-Fetch-Site', 'same-origin').expect(200);
    await client()
      .get(pathname + search)
      .expect(403);
    await signsInWith(ada, NEXT);
  });

  test('a password that is too weak uses up neither link nor code', async () => {
    const { token, code } = await secretsFor(ada);
    for (const proof of [{ token }, ...Array.from({ length: 7 }, () => ({ login: ada.user.username, code }))])
      refused(await reset({ ...proof, password: 'password123' }), 422, 'password_too_weak');
    await reset({ login: ada.user.username, code, password: NEXT }).expect(204);
  });

  test('of many who use one code at once, one succeeds', async () => {
    const { token, code } = await secretsFor(ada);
    const proofs = [{ token }, { login: ada.user.username, code }, { token }];
    const answers = await Promise.all(proofs.map((proof) => reset({ ...proof, password: NEXT })));
    expect(answers.filter(({ status }) => status === 204)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 403)).toHaveLength(2);
  });
});

describe('links and codes are useless', () => {
  test('altered, foreign, or made up', async () => {
    const { token } = await secretsFor(ada);
    const [id = '', secret = ''] = token.split('.');
    const others = await secretsFor(await signUp(stack, `grace${people}`));
    for (const wrong of [
      `${id}.${secret.slice(0, -1)}${secret.endsWith('A') ? 'B' : 'A'}`,
      `${id}.${others.token.split('.')[1] ?? ''}`,
      `${others.token.split('.')[0] ?? ''}.${secret}`,
      `${id}.`,
      `.${secret}`,
      `${token}.${secret}`,
      '1.\u0000',
      '',
    ])
      refused(await reset({ token: wrong, password: NEXT }), 403, 'token_used');
    refused(await reset({ login: ada.user.username, code: others.code, password: NEXT }), 403, 'code_wrong');
  });

  test('after half an hour', async () => {
    const { token, code } = await secretsFor(ada);
    const later = await stack.guest(clockAhead(30 * 60 + 5));
    refused(await reset({ token, password: NEXT }, later.url), 403, 'token_used');
    refused(await reset({ login: ada.user.username, code, password: NEXT }, later.url), 403, 'code_wrong');
    await reset({ token, password: NEXT }).expect(204);
  });

  test('after the password was changed, by hand or by another mail', async () => {
    const { token, code } = await secretsFor(ada);
    const other = await secretsFor(ada);
    await reset({ token: other.token, password: NEXT }).expect(204);
    refused(await reset({ token, password: NEXT }), 403, 'token_used');
    refused(await reset({ login: ada.user.username, code, password: NEXT }), 403, 'code_wrong');
    const again = await secretsFor(ada);
    const signedIn = await signIn(stack, ada.user.username, NEXT);
    await signedIn.request('put', '/v1/me/password', { current: NEXT, next: `${NEXT} still` }).expect(204);
    refused(await reset({ token: again.token, password: NEXT }), 403, 'token_used');
  });

  test('a code after five wrong ones, however many come at once; its link goes on working', async () => {
    const { token, code } = await secretsFor(ada);
    const wrong = code === '000000' ? '000001' : '000000';
    const guess = { login: ada.user.username, code: wrong, password: NEXT };
    for (const answer of await Promise.all(Array.from({ length: 6 }, () => reset(guess))))
      refused(answer, 403, 'code_wrong');
    refused(await reset({ ...guess, code }), 403, 'code_wrong');
    await reset({ token, password: NEXT }).expect(204);
  });
});

describe('nobody learns who has an account', () => {
  test('an unknown login is answered as a known one is, when asking and when guessing', async () => {
    const [known, unknown] = [await ask(ada.user.username), await ask('nobody-here')];
    expect([unknown.status, unknown.text]).toEqual([known.status, known.text]);
    const guess = { code: '123456', password: NEXT };
    const [wrong, nobody] = [
      await reset({ login: ada.user.username, ...guess }),
      await reset({ login: 'nobody-here', ...guess }),
    ];
    const told = ({ body }: { body: object }) => ({ ...body, requestId: '' });
    expect(told(nobody)).toEqual(told(wrong));
    await stack.quiet();
    const left = await stack.database.query(`SELECT FROM mails WHERE user_id IS NULL`);
    expect(left).toEqual([]);
  });

  test('however often somebody asks, three mails are sent', async () => {
    const logins = Array.from({ length: 50 }, (_, index) => (index % 2 ? ada.user.username : addressOf(ada)));
    for (const answer of await Promise.all(logins.map((login) => ask(login))))
      expect(answer.status).toBe(202);
    await stack.quiet();
    expect(mailsTo(ada)).toHaveLength(3);
  });

  test('an erased account gets none, and nothing is left of those that it got', async () => {
    const { token } = await secretsFor(ada);
    const password = 'correct horse battery staple';
    await ada.request('delete', '/v1/me', { password }).expect(202);
    await stack.eraseClosed();
    await ask(ada.user.username).expect(202);
    await ask(addressOf(ada)).expect(202);
    await stack.quiet();
    expect(mailsTo(ada)).toHaveLength(1);
    refused(await reset({ token, password: NEXT }), 403, 'token_used');
    expect(await stack.database.query('SELECT FROM mails WHERE user_id = $1', [ada.id])).toEqual([]);
  });
});

describe('mails', () => {
  const again = `UPDATE mails SET next_try_at = now() - interval '1 hour' WHERE sent_at IS NULL`;

  test('are tried again until a server takes them, and the log names no address', async () => {
    receiver.manner = 'refuses';
    await ask(ada.user.username).expect(202);
    const row = async () =>
      (
        await stack.database.query<{ error: string | null }>(
          `SELECT error FROM mails WHERE user_id = $1 AND kind = 'reset'`,
          [ada.id],
        )
      )[0];
    await expect.poll(async () => (await row())?.error, { timeout: patient(20_000) }).toContain('no mailbox');
    const { text } = await client(new URL(stack.metricsUrl).origin).get('/metrics').expect(200);
    expect(text).toMatch(/narwhal_mails_total\{outcome="failed"\} [1-9]/);
    expect(text).toMatch(/narwhal_pending\{kind="mails"\} 1/);
    receiver.manner = 'takes';
    await stack.database.query(again);
    await reset({ token: secretsOf(await mailTo(ada)).token, password: NEXT }).expect(204);
    const log = stack.worker.log();
    expect(log).toContain('a mail could not be sent');
    expect(log).not.toContain(addressOf(ada));
  });

  test('are sent by the next worker when one is killed over them', async () => {
    receiver.manner = 'hangs';
    const before = receiver.offered;
    await ask(ada.user.username).expect(202);
    await expect.poll(() => receiver.offered, { timeout: patient(20_000) }).toBe(before + 1);
    await stack.worker.kill();
    receiver.manner = 'takes';
    await stack.database.query(again);
    await stack.worker.start();
    await mailTo(ada);
  });

  test('are given up when their link is of no use any more', async () => {
    receiver.manner = 'refuses';
    await ask(ada.user.username).expect(202);
    const [at, state] = [
      'now() - interval $$1 second$$',
      `SELECT given_up_at FROM mails WHERE user_id = $1 AND kind = 'reset'`,
    ];
    await expect
      .poll(async () => (await stack.database.query(state, [ada.id])).length, { timeout: patient(20_000) })
      .toBe(1);
    await stack.database.query(
      `UPDATE mails SET expires_at = ${at}, next_try_at = now() - interval '1 hour' WHERE user_id = $1 AND kind = 'reset'`,
      [ada.id],
    );
    const given = async () =>
      (await stack.database.query<{ given_up_at: Date | null }>(state, [ada.id]))[0]?.given_up_at;
    await expect.poll(given, { timeout: patient(20_000) }).not.toBeNull();
    await stack.quiet();
  });

  test('have no header that a name brings', async () => {
    await stack.database.query(`UPDATE users SET username = $2 WHERE id = $1`, [
      ada.id,
      'ada\r\nBcc: eve@example.org',
    ]);
    await ask(addressOf(ada)).expect(202);
    const source = await mailTo(ada);
    const [headers = ''] = source.split('\r\n\r\n');
    expect(headers).not.toMatch(/^bcc:/im);
    expect(headers).toMatch(/^auto-submitted: auto-generated$/im);
    expect(headers).toMatch(/^from: Lichtbilder <narwhal@/im);
  });
});

test.skipIf(!nginxInstalled)(
  'the pages come through NGINX, refusals too, and no log holds a link',
  async () => {
    const settings = { ...stack.api.settings, PUBLIC_URL: stack.url };
    const nginx = await Nginx.start('reset-nginx', { settings, apis: [new URL(stack.url).host] });
    try {
      const { token } = await secretsFor(ada);
      const page = await client(nginx.url).get(`/account/reset?token=${token}`).expect(200);
      expect(page.headers['referrer-policy']).toBe('no-referrer');
      await client(nginx.url).get('/account/style.css').expect(200);
      const send = (password: string) =>
        client(nginx.url).post('/account/reset').type('form').send({ token, password });
      expect((await send('password').expect(422)).text).toContain('too easy to guess');
      await send(NEXT).expect(200);
      expect((await client(nginx.url).get(`/account/reset?token=${token}`).expect(403)).text).toContain(
        'newer one',
      );
      await client(nginx.url)
        .post('/account/forgot')
        .type('form')
        .send({ login: 'x'.repeat(9_000) })
        .expect(413);
      for (const log of [stack.api.log(), stack.worker.log()]) expect(log).not.toContain(token);
    } finally {
      await nginx.stop();
    }
  },
);

describe('for operators', () => {
  test('prints a link where no mail arrives, and keeps that it did', async () => {
    const link = new URL((await admin(stack, 'reset-password', ada.user.username)).trim());
    expect(link.pathname).toBe('/account/reset');
    await form('/account/reset', { token: link.searchParams.get('token') ?? '', password: NEXT }).expect(200);
    const signedIn = await signIn(stack, ada.user.username, NEXT);
    const events = await signedIn.request('get', '/v1/me/security-events').expect(200);
    const { items } = events.body as { items: { kind: string; byYou: boolean }[] };
    expect(items.find(({ kind }) => kind === 'password.reset_link')).toMatchObject({ byYou: false });
    expect(mailsTo(ada)).toEqual([]);
  });
});

describe('without a mail server', () => {
  let alone: Stack;
  beforeAll(async () => {
    alone = await startStack();
  });
  afterAll(() => alone.stop());

  const worker = () => client(new URL(alone.metricsUrl).origin);

  test('mails are files that only Narwhal reads, and `/mail` shows them to operators alone', async () => {
    const grace = await signUp(alone, 'grace', { locale: 'de' });
    await client(alone.url)
      .post('/v1/password-resets')
      .set('Accept-Language', 'de')
      .send({ login: 'grace' })
      .expect(202);
    await alone.quiet();
    const folder = join(alone.objects, '..', 'mail');
    const [verification = '', name = '', ...others] = (await readdir(folder)).toSorted();
    expect([verification, others]).toEqual([expect.stringMatching(/^\d+\.eml$/), []]);
    expect((await stat(join(folder, name))).mode & 0o777).toBe(0o600);
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    const { token } = secretsOf(await readFile(join(folder, name), 'utf8'));

    await worker().get('/mail').expect(401);
    const bearer = `Bearer ${(await admin(alone, 'operator-token')).trim()}`;
    await worker().get('/mail').set('Authorization', bearer).set('Host', 'evil.example').expect(403);
    await worker().get('/mail?file=../../secrets').set('Authorization', bearer).expect(404);
    const link = new URL((await admin(alone, 'mail-link')).trim());
    const list = await worker()
      .get(link.pathname + link.search)
      .expect(200);
    expect(list.text).toContain('Passwort zurücksetzen');
    expect(list.text).toContain(addressOf(grace));
    expect(list.headers['content-security-policy']).toContain("default-src 'none'");
    const shown = await worker().get(`/mail?file=${name}`).set('Authorization', bearer).expect(200);
    expect(shown.text).toContain(`href="${alone.url}/account/reset?token=${token}"`);
    expect(shown.text).not.toContain('<script');

    await client(alone.url).put('/v1/password-resets').send({ token, password: NEXT }).expect(204);
    await signIn(alone, 'grace', NEXT);
  });
});
