import { randomUUID } from 'node:crypto';
import request from 'supertest';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { admin } from './harness/admin-command.js';
import { refused } from './harness/answers.js';
import type { Page, Post } from './harness/contract.js';
import { MailReceiver, textOf } from './harness/mail-server.js';
import { patient } from './harness/pace.js';
import { PASSWORD, signIn, signUp, type Person } from './harness/people.js';
import { drawn } from './harness/pictures.js';
import { startStack, type Stack } from './harness/stack.js';

interface Registration {
  id: string;
  username: string;
  email: string;
  invitedBy: { username: string } | null;
}

const receiver = new MailReceiver();
let stack: Stack;
/** An api of the same stack, on which an admin lets people in. */
let url: string;
let ada: Person;

beforeAll(async () => {
  stack = await startStack({ env: { SMTP_URL: await receiver.start(), INSTANCE_NAME: 'Lichtbilder' } });
  ({ url } = await stack.guest({ REGISTRATIONS: 'approval' }));
  ada = await signUp(stack, 'ada');
  await admin(stack, 'grant', 'ada');
});
afterAll(async () => {
  await stack.stop();
  await receiver.stop();
});

const ask = (username: string, more: object = {}, language = 'en') =>
  request(url)
    .post('/v1/users')
    .set('Accept-Language', language)
    .send({ username, email: `${username}@example.org`, password: PASSWORD, ...more });
const wait = async (username: string, language?: string): Promise<string> =>
  ((await ask(username, {}, language).expect(202)).body as { user: { id: string } }).user.id;
const signInAs = (login: string, password = PASSWORD) =>
  request(stack.url).post('/v1/sessions').send({ login, password });
const waiting = async () =>
  ((await ada.request('get', '/admin/registrations').expect(200)).body as Page<Registration>).items;
const decide = (id: string, body: object, by = ada) => by.request('put', `/admin/registrations/${id}`, body);
/** The mail to somebody that has these words. */
const mailTo = async (username: string, words: string): Promise<string> => {
  const texts = () =>
    receiver.received
      .filter(({ to }) => to.includes(`${username}@example.org`))
      .map(({ source }) => textOf(source));
  await expect.poll(() => texts().join(), { timeout: patient(20_000) }).toContain(words);
  return texts().find((text) => text.includes(words)) ?? '';
};

test('whoever signs up waits, is told so at sign-in with the right password alone, and comes in once approved', async () => {
  const key = randomUUID();
  const first = await ask('grace', { displayName: 'Grace' }).set('Idempotency-Key', key).expect(202);
  expect(first.body).toEqual({
    user: expect.objectContaining({
      username: 'grace',
      displayName: 'Grace',
      email: 'grace@example.org',
    }) as object,
  });
  const again = await ask('grace', { displayName: 'Grace' }).set('Idempotency-Key', key).expect(202);
  expect(again.body).toEqual(first.body);
  const { id } = (first.body as { user: { id: string } }).user;
  refused(await signInAs(' Grace '), 403, 'approval_pending');
  // An address belongs to nobody who waits.
  refused(await signInAs('grace@example.org'), 401, 'bad_credentials');
  refused(await signInAs('grace', 'not the password at all'), 401, 'bad_credentials');

  expect(await waiting()).toEqual([
    {
      id,
      username: 'grace',
      displayName: 'Grace',
      email: 'grace@example.org',
      invitedBy: null,
      createdAt: expect.any(String) as string,
    },
  ]);
  await ada.request('get', `/admin/registrations/${id}`).expect(200);
  await decide(id, { state: 'approved' }).expect(204);
  await decide(id, { state: 'approved' }).expect(204);
  refused(await decide(id, { state: 'refused' }), 404, 'not_found');
  expect(await waiting()).toEqual([]);
  const grace = await signIn(stack, 'grace');
  expect(grace.id).toBe(id);
  await ada.request('get', '/v1/users/by/username/grace').expect(200);
  await mailTo('grace', 'Your account grace on Lichtbilder is ready.');
  await mailTo('grace', 'Confirm the address');
  const events = await grace.request('get', '/v1/me/security-events').expect(200);
  expect((events.body as Page<{ kind: string }>).items.map(({ kind }) => kind)).toEqual(
    expect.arrayContaining(['account.created', 'account.approved']),
  );
});

test('whoever waits is seen by nobody, and keeps their names', async () => {
  const id = await wait('lin');
  for (const path of [`/v1/users/${id}`, '/v1/users/by/username/lin', `/v1/users/${id}/posts`])
    refused(await ada.request('get', path), 404, 'not_found');
  refused(await ada.request('put', `/v1/users/${id}/follow`), 404, 'not_found');
  const found = await ada.request('get', '/v1/search?type=users&q=lin').expect(200);
  expect((found.body as Page<unknown>).items).toEqual([]);
  const post: Post = await ada.post([await ada.upload(await drawn())], { caption: 'with @lin' });
  expect(JSON.stringify(post)).not.toContain(id);
  await request(stack.url).post('/v1/password-resets').send({ login: 'lin' }).expect(202);
  for (const at of [url, stack.url]) {
    const body = { username: 'lin', email: 'another@example.org', password: PASSWORD };
    refused(await request(at).post('/v1/users').send(body), 409, 'username_taken');
  }
  refused(await ada.request('patch', '/v1/me', { username: 'lin' }), 409, 'username_taken');
  await expect(admin(stack, 'grant', 'lin')).rejects.toThrow('expected a username');
  await stack.quiet();
  expect(receiver.received.filter(({ to }) => to.includes('lin@example.org'))).toEqual([]);
  await decide(id, { state: 'refused' }).expect(204);
});

test('whoever is refused leaves nothing but a mail with the reason, and may try again', async () => {
  const id = await wait('mary', 'de');
  await decide(id, { state: 'refused', reason: 'Bitte mit <Klarnamen>.' }).expect(204);
  await decide(id, { state: 'refused' }).expect(204);
  refused(await decide(id, { state: 'approved' }), 404, 'not_found');
  refused(await signInAs('mary'), 401, 'bad_credentials');
  const mail = await mailTo('mary', 'Deine Anmeldung bei Lichtbilder wurde abgelehnt.');
  expect(mail).toContain('Bitte mit <Klarnamen>.');
  for (const table of ['users', 'registrations', 'usernames', 'emails'])
    expect(await stack.database.query(`SELECT FROM ${table} t WHERE t::text LIKE '%mary%'`)).toEqual([]);
  expect(await wait('mary')).not.toBe(id);
});

test('an admin’s invitation is an approval; another’s is told to whoever decides', async () => {
  const older = await signUp(stack, 'older');
  await stack.database.query(`UPDATE users SET created_at = now() - interval '8 days' WHERE id = $1`, [
    older.id,
  ]);
  const invite = async (person: Person) =>
    ((await person.request('post', '/v1/invitations', {}).expect(201)).body as { code: string }).code;
  await ask('friend', { inviteCode: await invite(ada) }).expect(201);
  await ask('guest', { inviteCode: await invite(older) }).expect(202);
  const guest = (await waiting()).find(({ username }) => username === 'guest');
  expect(guest?.invitedBy).toMatchObject({ username: 'older' });
});

test('those who wait are listed oldest first, page by page, to admins alone', async () => {
  const ids = [];
  for (const name of ['one', 'two', 'three']) ids.push(await wait(name));
  const page = async (query: string) =>
    (await ada.request('get', `/admin/registrations?limit=2${query}`).expect(200)).body as Page<Registration>;
  const all: string[] = [];
  let at = await page('');
  for (; at.nextCursor; at = await page(`&cursor=${at.nextCursor}`))
    all.push(...at.items.map(({ id }) => id));
  all.push(...at.items.map(({ id }) => id));
  expect(all.slice(-3)).toEqual(ids);
  const above = await page(`&newer=${at.prevCursor}`);
  expect(all).toEqual(expect.arrayContaining(above.items.map(({ id }) => id)));
  const nobody = await signUp(stack, 'nobodyinparticular');
  const [id = ''] = ids;
  refused(await nobody.request('get', '/admin/registrations'), 404, 'not_found');
  refused(await nobody.request('get', `/admin/registrations/${id}`), 404, 'not_found');
  refused(await decide(id, { state: 'approved' }, nobody), 404, 'not_found');
  refused(await decide('1', { state: 'approved' }), 404, 'not_found');
  const decided = await Promise.all([decide(id, { state: 'approved' }), decide(id, { state: 'refused' })]);
  expect(decided.map(({ status }) => String(status)).toSorted()).toEqual(['204', '404']);
});

test('an operator decides on the machine, too', async () => {
  const id = await wait('hedy');
  await wait('joan');
  expect(await admin(stack, 'registrations')).toMatch(new RegExp(`^20.* ${id} hedy hedy@example.org$`, 'm'));
  expect(await admin(stack, 'approve', 'hedy')).toContain('hedy has an account now');
  expect((await signIn(stack, 'hedy')).id).toBe(id);
  await admin(stack, 'refuse', 'joan', '--reason', 'No room for now.');
  refused(await signInAs('joan'), 401, 'bad_credentials');
  expect(await mailTo('joan', 'was not accepted')).toContain('No room for now.');
});
