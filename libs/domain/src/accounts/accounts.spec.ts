import { createHash } from 'node:crypto';
import type { Id } from '@app/platform';
import { AuditRows, EmailRows, nowhere, UnitOfWork } from '@app/storage';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { domainRoom, type DomainRoom } from '../../../../test/harness/domain-room.js';
import { patient } from '../../../../test/harness/pace.js';
import type { Caller } from './access-tokens.js';
import { Accounts } from './accounts.js';
import { Closing } from './closing.js';
import { Leaving } from './leaving.js';
import { People } from './people.js';
import { Profiles } from './profiles.js';
import { Proofs } from './proofs.js';
import { Sessions } from './sessions.js';
import { SignUps } from './sign-ups.js';

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
  const signUps = room.get(SignUps);
  const hash = await signUps.prepare(input);
  return (await work.run((tx) => signUps.create(tx, input, hash, nowhere))).id;
};
const admit = async (login: string, given: string): Promise<Id> => {
  const proof = await accounts.authenticate({ login, password: given }, nowhere);
  return work.run(async (tx) => (await accounts.admit(tx, proof)).id);
};
const begin = (user: Id) =>
  work.run((tx) => room.get(Sessions).begin(tx, user, { ...nowhere, idempotencyKey: null }));
const living = async (user: Id) =>
  (
    await room.database.query<{ id: Id }>('SELECT id FROM sessions WHERE user_id = $1 AND ended_at IS NULL', [
      user,
    ])
  ).map(({ id }) => id);

const wrong = { code: 'bad_credentials' };
/** Statements of this database that wait for a row. */
const lockWaits = async () =>
  (
    await room.database.query(
      `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
    )
  ).length;

async function close(caller: Caller, given: string): Promise<void> {
  const { proof } = await room.get(Proofs).byPassword(caller, given, nowhere);
  await room.get(Leaving).close(caller, proof, nowhere);
}

/** As if the days of all closed accounts had passed. */
async function eraseClosed(): Promise<void> {
  await room.database.query('UPDATE users SET erase_at = now() WHERE erase_at IS NOT NULL');
  await room.get(Closing).eraseDue(100);
}

test('of those who sign up at once under one name one gets it, and all with one address', async () => {
  const names = await Promise.allSettled(['1', '2', '3'].map((n) => signUp('ada', `ada${n}@example.org`)));
  const addresses = await Promise.allSettled(
    ['grace', 'hopper'].map((name) => signUp(name, 'g@example.org')),
  );
  const refused = [...names, ...addresses].flatMap((one) =>
    one.status === 'rejected' ? [(one.reason as { code: string }).code] : [],
  );
  expect(refused).toEqual(['username_taken', 'username_taken']);
  const people = await room.database.query<{ username: string }>('SELECT username FROM users');
  expect(people).toHaveLength(3);
});

test('people sign in by their name, or an address that belongs to them, and an unknown one is refused like a wrong password', async () => {
  const lin = await signUp('lin');
  expect(await admit(' Lin ', password)).toBe(lin);
  await expect(admit('LIN@example.org', password)).rejects.toMatchObject(wrong);
  await work.run((tx) => room.get(EmailRows).verify(tx, 'lin@example.org', lin));
  expect(await admit('LIN@example.org', password)).toBe(lin);
  for (const [login, given] of [
    ['nobody', password],
    ['lin', 'wrong'],
    ['lin\u0000', password],
  ] as const)
    await expect(admit(login, given)).rejects.toMatchObject(wrong);
});

test('a new password ends all other sessions; a wrong current one is refused whatever the next is', async () => {
  const mary = await signUp('mary');
  const [here] = [await begin(mary), await begin(mary)];
  const caller = { userId: mary, sessionId: here, synthetic: false };
  const change = { current: password, next: 'another one entirely' };
  for (const next of ['x', password])
    await expect(accounts.changePassword(caller, { current: 'wrong', next }, nowhere)).rejects.toMatchObject(
      wrong,
    );
  await accounts.changePassword(caller, change, nowhere);
  await expect(accounts.changePassword(caller, change, nowhere)).rejects.toMatchObject(wrong);
  expect(await living(mary)).toEqual([here]);
  expect(await admit('mary', 'another one entirely')).toBe(mary);
});

test('whoever proved the old password is not admitted once it is changed, nor once the account is erased', async () => {
  const alan = await signUp('alan');
  const caller = { userId: alan, sessionId: await begin(alan), synthetic: false };
  const before = await accounts.authenticate({ login: 'alan', password }, nowhere);
  await accounts.changePassword(caller, { current: password, next: 'another one entirely' }, nowhere);
  await expect(work.run((tx) => accounts.admit(tx, before))).rejects.toMatchObject(wrong);
  const after = await accounts.authenticate({ login: 'alan', password: 'another one entirely' }, nowhere);
  await close(caller, 'another one entirely');
  await eraseClosed();
  await expect(work.run((tx) => accounts.admit(tx, after))).rejects.toMatchObject(wrong);
});

test('a change waits for a session that is beginning with the old password, and ends it', async () => {
  const rosa = await signUp('rosa');
  const caller = { userId: rosa, sessionId: await begin(rosa), synthetic: false };
  const proof = await accounts.authenticate({ login: 'rosa', password }, nowhere);
  let change: Promise<void> | undefined;
  await work.run(async (tx) => {
    const { id: userId } = await accounts.admit(tx, proof);
    change = accounts.changePassword(caller, { current: password, next: 'another one entirely' }, nowhere);
    await expect.poll(lockWaits, { timeout: patient(10_000) }).toBe(1);
    await room.get(Sessions).begin(tx, userId, { ...nowhere, idempotencyKey: null });
  });
  await change;
  expect(await living(rosa)).toEqual([caller.sessionId]);
});

test('the first tokens of a session are not given again once the password is changed', async () => {
  const emmy = await signUp('emmy');
  const key = 'a-key-of-one-request';
  const sessions = room.get(Sessions);
  const here = await work.run((tx) => sessions.begin(tx, emmy, { ...nowhere, idempotencyKey: key }));
  expect((await sessions.first(here, key)).userId).toBe(emmy);
  const caller = { userId: emmy, sessionId: here, synthetic: false };
  await accounts.changePassword(caller, { current: password, next: 'another one entirely' }, nowhere);
  expect(await living(emmy)).toEqual([here]);
  await expect(sessions.first(here, key)).rejects.toMatchObject({ code: 'gone' });
});

test('a session that has ended changes no credentials, though its look-up was taken for living', async () => {
  const katherine = await signUp('katherine');
  const caller = { userId: katherine, sessionId: await begin(katherine), synthetic: false };
  await work.run((tx) => room.get(Sessions).endIn(tx, katherine, {}));
  const ended = { code: 'session_ended' };
  for (const current of [password, 'wrong'])
    await expect(
      accounts.changePassword(caller, { current, next: 'another one entirely' }, nowhere),
    ).rejects.toMatchObject(ended);
  await expect(close(caller, password)).rejects.toMatchObject(ended);
  expect(await accounts.authenticate({ login: 'katherine', password }, nowhere)).toMatchObject({
    userId: katherine,
  });
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

test('a closed account is found by nobody, and once it is erased its name is held', async () => {
  const ida = await signUp('ida');
  const caller = { userId: ida, sessionId: await begin(ida), synthetic: false };
  await expect(close(caller, 'wrong')).rejects.toMatchObject({
    code: 'bad_credentials',
  });
  await close(caller, password);
  expect(await living(ida)).toEqual([]);
  await expect(room.get(People).self(ida)).rejects.toMatchObject({ code: 'session_ended' });
  await expect(room.get(People).visible(ida, null)).rejects.toMatchObject({ code: 'not_found' });
  await expect(room.get(People).named('IDA', null)).rejects.toMatchObject({ code: 'not_found' });
  await expect(signUp('ida', 'new@example.org')).rejects.toMatchObject({ code: 'username_taken' });
  await eraseClosed();
  await expect(signUp('ida', 'new@example.org')).rejects.toMatchObject({ code: 'username_taken' });
  await namePast(`#${createHash('sha256').update('ida').digest('hex')}`, 91);
  await signUp('ida', 'new@example.org');
});

test('what happened to an account is on its record', async () => {
  const from = { address: '192.0.2.0/24', userAgent: 'a phone' };
  const input = { username: 'ann', email: 'ann@example.org', password };
  const signUps = room.get(SignUps);
  const hash = await signUps.prepare(input);
  const { id: ann } = await work.run((tx) => signUps.create(tx, input, hash, from));
  await room.get(Profiles).change(ann, { username: 'anna' }, from);
  const sessionId = await begin(ann);
  const caller = { userId: ann, sessionId, synthetic: false };
  await accounts.changePassword(caller, { current: password, next: 'another one entirely' }, from);
  await close(caller, 'another one entirely');
  const events = await room.get(AuditRows).of(ann, { limit: 10, before: null, after: null });
  expect(events.map(({ kind, actor_id, address, params }) => ({ kind, actor_id, address, params }))).toEqual([
    { kind: 'account.closed', actor_id: ann, address: null, params: {} },
    { kind: 'password.changed', actor_id: ann, address: '192.0.2.0/24', params: {} },
    { kind: 'session.began', actor_id: ann, address: null, params: { sessionId } },
    {
      kind: 'username.changed',
      actor_id: ann,
      address: '192.0.2.0/24',
      params: { before: 'ann', after: 'anna' },
    },
    { kind: 'account.created', actor_id: ann, address: '192.0.2.0/24', params: {} },
  ]);
});
