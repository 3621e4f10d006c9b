import type { Id } from '@app/platform';
import { nowhere, UnitOfWork, UserRows } from '@app/storage';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { domainRoom, type DomainRoom } from '../../../../test/harness/domain-room.js';
import type { Caller } from './access-tokens.js';
import { Accounts } from './accounts.js';
import { Proofs } from './proofs.js';
import { Sessions } from './sessions.js';
import { SignUps } from './sign-ups.js';

let room: DomainRoom;
let ada: Caller;
let people = 0;
const password = 'correct horse battery staple';
const next = 'another one of hers entirely';

beforeAll(async () => {
  room = await domainRoom();
});
afterAll(() => room.close());
beforeEach(async () => {
  ada = await signUp(`ada${(people += 1)}`);
});

const inTransaction: UnitOfWork['run'] = (work) => room.get(UnitOfWork).run(work);
const begin = (userId: Id): Promise<Id> =>
  inTransaction((tx) => room.get(Sessions).begin(tx, userId, { ...nowhere, idempotencyKey: null }));

async function signUp(username: string): Promise<Caller> {
  const input = { username, email: `${username}@example.org`, password };
  const signUps = room.get(SignUps);
  const hash = await signUps.prepare(input);
  const { id: userId } = await inTransaction((tx) => signUps.create(tx, input, hash, nowhere));
  return { userId, sessionId: await begin(userId), synthetic: false };
}
const prove = (caller = ada) => room.get(Proofs).byPassword(caller, password, nowhere);
const holds = (proof: string | null, caller = ada) =>
  inTransaction((tx) => room.get(Proofs).mustHold(tx, caller, proof));

test('a proof holds for the session that gave the password, and names its person', async () => {
  const { proof, expiresAt } = await prove();
  expect(await holds(proof)).toMatchObject({ id: ada.userId });
  expect(expiresAt.getTime()).toBeGreaterThan(Date.now());
  const other = { ...ada, sessionId: await begin(ada.userId) };
  const grace = await signUp(`grace${people}`);
  for (const caller of [other, grace]) {
    await expect(holds(proof, caller)).rejects.toMatchObject({ status: 403, code: 'proof_required' });
  }
});

test('nothing, another text, an altered proof and one that has expired are refused', async () => {
  const user = await room.get(UserRows).find(ada.userId);
  if (!user) throw new Error('expected an account');
  const { proof } = await prove();
  const old = room.get(Proofs).make(ada, user, { now: Date.now() - 601_000 }).proof;
  for (const one of [null, '', 'proof', `${proof.slice(0, -1)}${proof.endsWith('A') ? 'B' : 'A'}`, old])
    await expect(holds(one)).rejects.toMatchObject({ code: 'proof_required' });
});

test('a wrong password proves nothing', async () => {
  await expect(room.get(Proofs).byPassword(ada, next, nowhere)).rejects.toMatchObject({
    status: 403,
    code: 'bad_credentials',
  });
});

test('a new password or address ends proofs, and so does the end of the session', async () => {
  const { proof } = await prove();
  await room.get(Accounts).changePassword(ada, { current: password, next }, nowhere);
  await expect(holds(proof)).rejects.toMatchObject({ code: 'proof_required' });
  const newer = await room.get(Proofs).byPassword(ada, next, nowhere);
  await room.database.query('UPDATE users SET email = $2 WHERE id = $1', [ada.userId, 'new@example.org']);
  await expect(holds(newer.proof)).rejects.toMatchObject({ code: 'proof_required' });
  const newest = await room.get(Proofs).byPassword(ada, next, nowhere);
  await room.get(Sessions).end(ada.userId, ada.sessionId, nowhere);
  await expect(holds(newest.proof)).rejects.toMatchObject({ status: 401, code: 'session_ended' });
});
