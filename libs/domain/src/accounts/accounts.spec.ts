import type { Id } from '@app/platform';
import { UnitOfWork } from '@app/storage';
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
  return work.run((tx) => accounts.create(tx, input, hash));
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

test('whoever renames frees the old name, and a closed account both its names', async () => {
  const joan = await signUp('joan');
  await room.get(Profiles).change(joan, { username: 'jean', bio: 'ENIAC' });
  const kay = await signUp('joan', 'kay@example.org');
  await expect(room.get(Profiles).change(kay, { username: 'jean' })).rejects.toMatchObject({
    code: 'username_taken',
  });
  await begin(joan);
  await expect(accounts.close(joan, 'wrong')).rejects.toMatchObject({ code: 'bad_credentials' });
  await accounts.close(joan, password);
  expect(await living(joan)).toEqual([]);
  await expect(room.get(People).self(joan)).rejects.toMatchObject({ code: 'session_ended' });
  await expect(room.get(People).visible(joan, null)).rejects.toMatchObject({ code: 'not_found' });
  await expect(room.get(People).named('JEAN', null)).rejects.toMatchObject({ code: 'not_found' });
  await signUp('jean', 'joan@example.org');
});
