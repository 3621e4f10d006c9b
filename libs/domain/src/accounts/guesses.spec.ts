import { CONFIG, type Config, type Id } from '@app/platform';
import { EmailRows, AuditRows, UnitOfWork, type Origin } from '@app/storage';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { domainRoom, type DomainRoom } from '../../../../test/harness/domain-room.js';
import { patient } from '../../../../test/harness/pace.js';
import { Accounts } from './accounts.js';
import { Proofs } from './proofs.js';
import { SignUps } from './sign-ups.js';
import { Sessions } from './sessions.js';

let room: DomainRoom;
let accounts: Accounts;
let redis: Redis;

beforeAll(async () => {
  room = await domainRoom();
  accounts = room.get(Accounts);
  redis = new Redis(room.get<Config>(CONFIG as never).REDIS_URL);
});
afterAll(async () => {
  await redis.quit();
  await room.close();
});

const password = 'correct horse battery staple';
const home = { address: '192.0.2.0/24', userAgent: 'a phone' };
const strange = (n: number): Origin => ({ address: `198.51.${n}.0/24`, userAgent: 'curl' });
const work = () => room.get(UnitOfWork);

const signUp = async (username: string): Promise<Id> => {
  const input = { username, email: `${username}@example.org`, password };
  const signUps = room.get(SignUps);
  const hash = await signUps.prepare(input);
  return work().run(async (tx) => {
    const { id } = await signUps.create(tx, input, hash, home);
    await room.get(EmailRows).verify(tx, input.email, id);
    return id;
  });
};
/** The result of an attempt: `in`, `wrong`, or the seconds to wait. */
const trying = async (
  login: string,
  given: string,
  from: Origin,
  refreshToken?: string,
): Promise<string | number> => {
  try {
    return (await accounts.authenticate({ login, password: given, refreshToken }, from)) ? 'in' : 'wrong';
  } catch (error) {
    const { code, params, headers } = error as {
      code: string;
      params: { retryAfter: number };
      headers: Record<string, string>;
    };
    expect(code).toBe('rate_limited');
    expect(headers['retry-after']).toBe(String(params.retryAfter));
    return params.retryAfter;
  }
};
/** As if every pause were over. */
const endPauses = async () => {
  const keys = await redis.keys('nw:limit:pause:*');
  if (keys.length > 0) await redis.del(keys);
};

test.each(['ada', 'ada@example.org', 'nobody'])(
  'of 120 wrong passwords for %s from 120 networks a few are judged, and the right one must wait, too',
  async (login) => {
    if (login === 'ada') await signUp('ada');
    const answers: (string | number)[] = [];
    for (const batch of [0, 60]) {
      const many = Array.from({ length: 60 }, (_, n) => trying(login, 'wrong', strange(batch + n)));
      answers.push(...(await Promise.all(many)));
    }
    // One more may be compared at the moment of the fifth.
    expect(answers.filter((answer) => answer === 'wrong').length).toBeGreaterThanOrEqual(5);
    expect(answers.filter((answer) => answer === 'wrong').length).toBeLessThan(12);
    expect(await trying(login.toUpperCase(), password, strange(200))).toEqual(expect.any(Number));
    if (login !== 'nobody') expect(await trying(login, password, home)).toBe('in');
  },
);

test('the pauses grow to 30 seconds; a right password ends the row', async () => {
  await signUp('grace');
  const pauses: (string | number)[] = [];
  for (let n = 1; n <= 11; n += 1) {
    expect(await trying('grace', 'wrong', strange(n))).toBe('wrong');
    if (n >= 5) pauses.push(await trying('grace', 'wrong', strange(n)));
    await endPauses();
  }
  expect(pauses).toEqual([1, 2, 4, 8, 16, 30, 30]);
  expect(await trying('grace', password, strange(1))).toBe('in');
  for (let n = 1; n <= 5; n += 1) expect(await trying('grace', 'wrong', strange(n))).toBe('wrong');
  expect(await trying('grace', 'wrong', strange(1))).toBe(1);
});

test('ten wrong passwords are told to the owner, once a day', async () => {
  const mary = await signUp('mary');
  for (let n = 1; n <= 13; n += 1) {
    await trying('mary', 'wrong', strange(n));
    await endPauses();
  }
  const guessed = async () =>
    (await room.get(AuditRows).of(mary, { limit: 20, before: null, after: null })).filter(
      ({ kind }) => kind === 'sign_in.guessed',
    );
  await expect.poll(guessed, { timeout: patient(10_000) }).toHaveLength(1);
  expect((await guessed())[0]).toMatchObject({
    actor_id: null,
    address: expect.stringMatching(/^198\.51\./),
  });
});

const begin = async (userId: Id) => {
  const id = await work().run((tx) =>
    room.get(Sessions).begin(tx, userId, { ...home, idempotencyKey: null }),
  );
  return (await room.get(Sessions).first(id, null)).session;
};
const next = (refreshToken: string) =>
  room.get(Sessions).refresh(room.get(Sessions).parse(refreshToken), home);

test('an earlier refresh token of the account counts alone, wherever it comes from, and so do its guesses', async () => {
  const session = await begin(await signUp('rosa'));
  const { refreshToken: rotated } = session;
  const { refreshToken } = await next(rotated);
  for (let n = 1; n <= 5; n += 1) expect(await trying('rosa', 'wrong', strange(n))).toBe('wrong');
  expect(await trying('rosa', password, strange(6))).toBe(1);
  await room.database.query(
    `UPDATE sessions SET refreshed_at = refreshed_at - interval '61 days', created_at = created_at - interval '400 days'
     WHERE id = $1`,
    [session.id],
  );
  await expect(next(refreshToken)).rejects.toThrow('session_ended');
  expect(await trying('rosa', password, strange(6), refreshToken)).toBe('in');
  for (let n = 1; n <= 5; n += 1)
    expect(await trying('rosa', 'wrong', strange(n), n % 2 ? rotated : refreshToken)).toBe('wrong');
  expect(await trying('rosa', password, strange(7), rotated)).toBe(1);
  expect(await trying('rosa', password, home)).toBe('in');
});

test('a token that is wrong, of another account, or of a session that was ended changes nothing', async () => {
  const { length: before } = await redis.keys('nw:limit:guesses:*');
  const mallory = await signUp('mallory');
  const emmy = await signUp('emmy');
  const [own, ended] = [await begin(emmy), await begin(emmy)];
  await room.get(Sessions).end(emmy, ended.id, home);
  const wrong = [
    '',
    'no token',
    '\u0000',
    `${own.id}.${'A'.repeat(43)}`,
    own.refreshToken.slice(0, -1),
    (await begin(mallory)).refreshToken,
    ended.refreshToken,
  ];
  for (let n = 1; n <= 10; n += 1) {
    await endPauses();
    expect(await trying('emmy', 'wrong', strange(n), wrong[n % wrong.length])).toBe('wrong');
  }
  for (const token of wrong)
    expect(await trying('emmy', password, strange(9), token)).toEqual(expect.any(Number));
  for (const [n, token] of [own.refreshToken, ...wrong].entries())
    expect(await trying(`nobody ${n}`, password, strange(9), token)).toBe('wrong');
  expect(await redis.keys('nw:limit:guesses:*')).toHaveLength(before + 1 + wrong.length + 1);
});

test.each([
  ['client on a network of the account', 'kay', home],
  ['device with a refresh token', 'barbara', strange(250)],
])('a %s signs in while strangers fill the queue, before most of them', async (_, username, from) => {
  const session = await begin(await signUp(username));
  const refreshToken = from === home ? undefined : session.refreshToken;
  const flood = { refused: 0, answered: 0 };
  // The queue holds 64.
  const many = Array.from({ length: 100 }, (_, n) =>
    accounts.authenticate({ login: `stranger${n}`, password }, strange(n)).then(
      () => (flood.answered += 1),
      (error: { code: string }) => error.code === 'busy' && (flood.refused += 1),
    ),
  );
  await expect.poll(() => flood.refused, { interval: 1, timeout: patient(10_000) }).toBeGreaterThan(0);
  expect(await trying(username, password, from, refreshToken)).toBe('in');
  const { answered } = flood;
  await Promise.all(many);
  expect(flood.answered + flood.refused).toBe(100);
  expect(answered).toBeLessThan(flood.answered / 2);
});

test('wrong proofs of a session count for that session alone', async () => {
  const joan = await signUp('joan');
  const caller = async () => ({
    userId: joan,
    sessionId: await work().run((tx) =>
      room.get(Sessions).begin(tx, joan, { ...home, idempotencyKey: null }),
    ),
    synthetic: false,
  });
  const [stolen, own] = [await caller(), await caller()];
  const change = { current: 'wrong', next: 'another one entirely' };
  for (let n = 1; n <= 5; n += 1)
    await expect(accounts.changePassword(stolen, change, strange(n))).rejects.toThrow('bad_credentials');
  await expect(room.get(Proofs).byPassword(stolen, password, strange(1))).rejects.toThrow('rate_limited');
  await accounts.changePassword(own, { ...change, current: password }, home);
});
