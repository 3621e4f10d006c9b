import { randomUUID } from 'node:crypto';
import request from 'supertest';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { admin } from './harness/admin-command.js';
import { refused } from './harness/answers.js';
import type { Page } from './harness/contract.js';
import { PASSWORD, signUp, type Person } from './harness/people.js';
import { startStack, type Stack } from './harness/stack.js';

interface Invitation {
  id: string;
  code: string;
  url: string;
  uses: number;
  usesLeft: number;
}

let stack: Stack;
/** An api of the same stack, on which one needs an invitation. */
let url: string;
let ada: Person;
let people = 0;

beforeAll(async () => {
  stack = await startStack();
  ({ url } = await stack.guest({ REGISTRATIONS: 'invite' }));
  ada = await olderPerson('ada');
});
afterAll(() => stack.stop());

async function olderPerson(name: string): Promise<Person> {
  const person = await signUp(stack, name);
  await stack.database.query(`UPDATE users SET created_at = now() - interval '8 days' WHERE id = $1`, [
    person.id,
  ]);
  return person;
}
const fields = (more: object = {}) => {
  const username = `guest${(people += 1)}`;
  return { username, email: `${username}@example.org`, password: PASSWORD, ...more };
};
const ask = (body: object, at = url) => request(at).post('/v1/users').send(body);
const invite = async (person: Person, body: object = {}): Promise<Invitation> =>
  (await person.request('post', '/v1/invitations', body).expect(201)).body as Invitation;
const listed = async (person: Person) =>
  ((await person.request('get', '/v1/invitations').expect(200)).body as Page<Invitation>).items;
const invitedBy = async (user: { id: string }) => {
  const rows = await stack.database.query<{ invited_by: string | null }>(
    'SELECT invited_by FROM users WHERE id = $1',
    [user.id],
  );
  return rows[0]?.invited_by;
};
const userOf = ({ body }: { body: unknown }) => (body as { user: { id: string } }).user;

test('an invitation lets one person in, and who invited them is kept', async () => {
  const { code, url: link, ...rest } = await invite(ada);
  expect(rest).toMatchObject({ uses: 1, usesLeft: 1 });
  const page = await request(stack.url)
    .get(new URL(link).pathname + new URL(link).search)
    .expect(200);
  expect(page.text).toContain(`<pre>${code}</pre>`);
  expect(page.text).toContain('ada');
  expect(page.headers).toMatchObject({ 'referrer-policy': 'no-referrer', 'cache-control': 'no-store' });

  const key = randomUUID();
  const body = fields({ inviteCode: code });
  const made = await ask(body).set('Idempotency-Key', key).expect(201);
  expect(await invitedBy(userOf(made))).toBe(ada.id);
  // The repeat of a lost answer is the same account, though the code is used up.
  expect(userOf(await ask(body).set('Idempotency-Key', key).expect(201))).toEqual(userOf(made));
  expect((await listed(ada))[0]).toMatchObject({ code, usesLeft: 0 });
});

test('whatever code is not good is answered alike', async () => {
  const [used, expired, revoked] = [await invite(ada), await invite(ada), await invite(ada)];
  const leaver = await olderPerson('leaver');
  const closed = await invite(leaver);
  await ask(fields({ inviteCode: used.code })).expect(201);
  await stack.database.query(
    `UPDATE invitations SET expires_at = now() - interval '1 second' WHERE id = $1`,
    [expired.id],
  );
  await ada.request('delete', `/v1/invitations/${revoked.id}`).expect(204);
  await ada.request('delete', `/v1/invitations/${revoked.id}`).expect(204);
  await leaver.request('delete', '/v1/me', { password: PASSWORD }).expect(202);

  const altered = used.code.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A'));
  const codes = [used, expired, revoked, closed].map(({ code }) => code);
  const seen = new Set<string>();
  for (const inviteCode of [...codes, altered, 'x', undefined]) {
    const { requestId: _, ...problem } = refused(await ask(fields({ inviteCode })), 422, 'invite_required');
    seen.add(JSON.stringify(problem));
    const page = await request(url).get(`/invite?code=${inviteCode}`).expect(404);
    seen.add(page.text);
  }
  expect([...seen]).toHaveLength(2);
  // Where anybody may come in, an invitation that is over keeps nobody out.
  const free = await ask(fields({ inviteCode: used.code }), stack.url).expect(201);
  expect(await invitedBy(userOf(free))).toBeNull();
});

test('of two people who come at once by one code, one gets in', async () => {
  const grace = await olderPerson('grace');
  const { code } = await invite(grace);
  const answers = await Promise.all([1, 2, 3].map(() => ask(fields({ inviteCode: code }))));
  expect(answers.map(({ status }) => String(status)).toSorted()).toEqual(['201', '422', '422']);
  // A sign-up that is refused uses nothing up.
  const next = await invite(grace);
  refused(await ask({ ...fields({ inviteCode: next.code }), username: 'ada' }), 409, 'username_taken');
  await ask(fields({ inviteCode: next.code })).expect(201);
});

test('a new account invites nobody, an older one five people a week, and an admin more', async () => {
  const lin = await signUp(stack, 'lin');
  expect(refused(await lin.request('post', '/v1/invitations', {}), 422, 'invitation_limit')).toMatchObject({
    params: { limit: 0, actual: 1 },
  });
  const mary = await olderPerson('mary');
  const three = await invite(mary, { uses: 3 });
  const two = await invite(mary, { uses: 2 });
  refused(await mary.request('post', '/v1/invitations', {}), 422, 'invitation_limit');
  // What nobody used counts no more once it is taken back.
  await ask(fields({ inviteCode: three.code })).expect(201);
  await mary.request('delete', `/v1/invitations/${three.id}`).expect(204);
  expect((await listed(mary)).map(({ id }) => id)).toEqual([two.id]);
  await invite(mary, { uses: 2 });
  const made = await Promise.all([1, 2].map(() => mary.request('post', '/v1/invitations', { uses: 1 })));
  expect(made.map(({ status }) => status)).toEqual([422, 422]);
  await admin(stack, 'grant', lin.user.username);
  await invite(lin, { uses: 100 });
});

test('an invitation is its maker’s alone, and a closed instance makes none', async () => {
  const eve = await olderPerson('eve');
  const own = await invite(eve);
  refused(await ada.request('delete', `/v1/invitations/${own.id}`), 404, 'not_found');
  expect((await listed(ada)).map(({ id }) => id)).not.toContain(own.id);
  const closed = await stack.guest({ REGISTRATIONS: 'closed' });
  const made = request(closed.url).post('/v1/invitations').send({});
  refused(await made.set('Authorization', `Bearer ${eve.session.accessToken}`), 403, 'registrations_closed');
  refused(await ask(fields({ inviteCode: own.code }), closed.url), 403, 'registrations_closed');
});

test('an operator’s invitation lets somebody in, also where an admin would have to', async () => {
  const approving = await stack.guest({ REGISTRATIONS: 'approval' });
  for (const at of [url, approving.url]) {
    const link = new URL(await admin(stack, 'invite'));
    const page = await request(at).get(`${link.pathname}${link.search}`).expect(200);
    expect(page.text).toContain('Narwhal invites you');
    const made = await ask(fields({ inviteCode: link.searchParams.get('code') }), at).expect(201);
    expect(await invitedBy(userOf(made))).toBeNull();
  }
});
