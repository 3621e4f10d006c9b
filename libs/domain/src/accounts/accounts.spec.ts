import type { Id } from '@app/platform';
import { AuditRows, nowhere, UnitOfWork } from '@app/storage';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { domainRoom, type DomainRoom } from '../../../../test/harness/domain-room.js';
import { Accounts } from './accounts.js';
import { People } from './people.js';
import { Profiles } from './profiles.js';
import { Sessions } from './sessions.js';

let room: DomainRoom;
let accounts: Accounts;
let work: UnitOfWork;

beforeAll(async () => {
  room = await domainRoom();
  accounts = room.get(Accounts);
  work = room.get(UnitOfWork);
});
afterAll(() => room.close());

const password = 'correct horse battery staple';
const signUp = async (username: string, email = `${username}@example.org`): Promise<Id> => {
  const input = { username, email, password };
  const hash = await accounts.prepare(input);
  return work.run((tx) => accounts.create(tx, input, hash, nowhere));
};
const begin = (user: Id) =>
  work.run((tx) => room.get(Sessions).begin(tx, user, { userAgent: null, idempotencyKey: null }));
const living = async (user: Id) =>
  (
    await room.database.query<{ id: Id }>('SELECT id FROM sessions WHERE user_id = $1 AND ended_at IS NULL', [
      user,
    ])
  ).map(({ id }) => id);

test('of those who sign up at once under one name, or with one address, one gets it', async () => {
  const names = await Promise.allSettled(['1', '2', '3'].map((n) => signUp('ada', `ada${n}@example.org`)));
  const addresses = await Promise.allSettled(
    ['grace', 'hopper'].map((name) => signUp(name, 'g@example.org')),
  );
  const refused = [...names, ...addresses].flatMap((one) =>
    one.status === 'rejected' ? [(one.reason as { code: string }).code] : [],
  );
  expect(refused).toEqual(['username_taken', 'username_taken', 'email_taken']);
  const people = await room.database.query<{ username: string }>('SELECT username FROM users');
  expect(people).toHaveLength(2);
});

test('people sign in by either name, and an unknown one is refused like a wrong password', async () => {
  const lin = await signUp('lin');
  expect(await accounts.authenticate(' Lin ', password)).toBe(lin);
  expect(await accounts.authenticate('LIN@example.org', password)).toBe(lin);
  for (const [login, given] of [
    ['nobody', password],
    ['lin', 'wrong'],
    ['lin\u0000', password],
  ] as const)
    await expect(accounts.authenticate(login, given)).rejects.toMatchObject({ code: 'bad_credentials' });
});

test('a new password ends all other sessions; repeated, it counts as done', async () => {
  const mary = await signUp('mary');
  const [here] = [await begin(mary), await begin(mary)];
  const caller = { userId: mary, sessionId: here, role: 'user' };
  const change = { current: password, next: 'another one' };
  await expect(accounts.changePassword(caller, { current: 'wrong', next: 'x' })).rejects.toMatchObject({
    code: 'bad_credentials',
  });
  await accounts.changePassword(caller, change);
  await accounts.changePassword(caller, change);
  expect(await living(mary)).toEqual([here]);
  expect(await accounts.authenticate('mary', 'another one')).toBe(mary);
});

const changeName = (user: Id, username: string) => room.get(Profiles).change(user, { username }, nowhere);
const namePast = (name: string, days: number) =>
  room.database.query(
    'UPDATE usernames SET given_up_at = now() - make_interval(days => $2) WHERE username = $1',
    [name, days],
  );

test('a name that was given up goes back to its owner at any time, and to others after 90 days', async () => {
  const taken = { code: 'username_taken' };
  const joan = await signUp('joan');
  await changeName(joan, 'jean');
  await expect(signUp('joan', 'kay@example.org')).rejects.toMatchObject(taken);
  await expect(room.get(People).named('joan', null)).rejects.toMatchObject({ code: 'not_found' });
  await changeName(joan, 'joan');
  await namePast('jean', 89);
  const kay = await signUp('kay');
  await expect(changeName(kay, 'jean')).rejects.toMatchObject(taken);
  await namePast('jean', 91);
  await changeName(kay, 'jean');
  await expect(changeName(joan, 'jean')).rejects.toMatchObject(taken);
  expect((await room.get(People).named('JEAN', null)).row.id).toBe(kay);
});

test('a closed account is found by nobody, and gives up both its names', async () => {
  const ida = await signUp('ida');
  await begin(ida);
  await expect(accounts.close(ida, 'wrong', nowhere)).rejects.toMatchObject({ code: 'bad_credentials' });
  await accounts.close(ida, password, nowhere);
  expect(await living(ida)).toEqual([]);
  await expect(room.get(People).self(ida)).rejects.toMatchObject({ code: 'session_ended' });
  await expect(room.get(People).visible(ida, null)).rejects.toMatchObject({ code: 'not_found' });
  await expect(room.get(People).named('IDA', null)).rejects.toMatchObject({ code: 'not_found' });
  await signUp('another', 'ida@example.org');
  await expect(signUp('ida', 'new@example.org')).rejects.toMatchObject({ code: 'username_taken' });
  await namePast('ida', 91);
  await signUp('ida', 'new@example.org');
});

test('what happened to an account is on its record', async () => {
  const from = { address: '192.0.2.0/24', userAgent: 'a phone' };
  const input = { username: 'ann', email: 'ann@example.org', password };
  const hash = await accounts.prepare(input);
  const ann = await work.run((tx) => accounts.create(tx, input, hash, from));
  await room.get(Profiles).change(ann, { username: 'anna' }, from);
  await accounts.close(ann, password, nowhere);
  const events = await room.get(AuditRows).of(ann, { limit: 10, before: null, after: null });
  expect(events.map(({ kind, actor_id, address, params }) => ({ kind, actor_id, address, params }))).toEqual([
    { kind: 'account.closed', actor_id: ann, address: null, params: {} },
    {
      kind: 'username.changed',
      actor_id: ann,
      address: '192.0.2.0/24',
      params: { before: 'ann', after: 'anna' },
    },
    { kind: 'account.created', actor_id: ann, address: '192.0.2.0/24', params: {} },
  ]);
});
