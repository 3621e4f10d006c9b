import type { Id } from '@app/platform';
import { CONFIG, limits, mailSecrets, type Config } from '@app/platform';
import { MailRows, nowhere, UnitOfWork, UserRows } from '@app/storage';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { domainRoom, type DomainRoom } from '../../../../test/harness/domain-room.js';
import { PasswordResets } from './password-resets.js';
import { SignUps } from './sign-ups.js';
import { ResetRequests } from './reset-requests.js';

let room: DomainRoom;
let resets: PasswordResets;
beforeAll(async () => {
  room = await domainRoom();
  resets = room.get(PasswordResets);
});
afterAll(() => room.close());

const password = 'correct horse battery staple';
const next = 'another one of hers entirely';

async function signUp(username: string): Promise<Id> {
  const input = { username, email: `${username}@example.org`, password };
  const signUps = room.get(SignUps);
  const hash = await signUps.prepare(input);
  return (await room.get(UnitOfWork).run((tx) => signUps.create(tx, input, hash, nowhere))).id;
}
async function mailTo(userId: Id) {
  const id = await room.get(UnitOfWork).run(async (tx) => {
    const user = await room.get(UserRows).lock(tx, userId);
    if (!user) throw new Error('expected an account');
    const mail = { kind: 'reset', address: user.email, locale: 'en', seconds: 60 } as const;
    return room.get(MailRows).insert(tx, user, mail);
  });
  return { id, ...mailSecrets(room.get<Config>(CONFIG as never).TOKEN_KEYS, 'reset', id) };
}

test('a mail that was used, closed over or moved on from opens nothing', async () => {
  const ada = await signUp('ada');
  const { token } = await mailTo(ada);
  expect(await resets.isGood(token)).toEqual({ asksForFactor: false });
  await room.database.query(`UPDATE users SET email = 'new@example.org' WHERE id = $1`, [ada]);
  expect(await resets.isGood(token)).toBeNull();
  const newer = await mailTo(ada);
  await resets.reset({ token: newer.token }, { password: next }, nowhere);
  expect(await resets.isGood(newer.token)).toBeNull();
  const last = await mailTo(ada);
  await room.database.query(`UPDATE users SET closed_at = now() WHERE id = $1`, [ada]);
  await expect(resets.reset({ token: last.token }, { password: next }, nowhere)).rejects.toMatchObject({
    code: 'token_used',
  });
});

test('guesses count for each open mail of an account, and right ones for none', async () => {
  const grace = await signUp('grace');
  const [one, other] = [await mailTo(grace), await mailTo(grace)];
  const guesses = async () =>
    (
      await room.database.query<{ guesses: number }>(
        `SELECT guesses FROM mails WHERE user_id = $1 AND kind = 'reset' ORDER BY id`,
        [grace],
      )
    ).map((row) => row.guesses);
  const wrong = [one.code, other.code].includes('000000') ? '000001' : '000000';
  await expect(
    resets.reset({ login: 'grace', code: wrong }, { password: next }, nowhere),
  ).rejects.toMatchObject({
    code: 'code_wrong',
  });
  expect(await guesses()).toEqual([1, 1]);
  await expect(
    resets.reset({ login: 'grace', code: one.code }, { password: 'grace12345' }, nowhere),
  ).rejects.toMatchObject({
    code: 'password_too_weak',
  });
  expect((await guesses()).toSorted((a, b) => a - b)).toEqual([1, 2]);
});

test('beyond the limit of a login nobody’s request makes a row, and none is refused', async () => {
  const requests = room.get(ResetRequests);
  for (let asked = 0; asked < limits.passwordReset.askedPerHour + 5; asked += 1)
    await requests.ask('linus', 'en');
  const rows = await room.database.query(`SELECT FROM mails WHERE login = 'linus'`);
  expect(rows).toHaveLength(limits.passwordReset.askedPerHour);
});
