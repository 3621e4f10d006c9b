import { CONFIG, type Config, type Id } from '@app/platform';
import { AuditRows, UnitOfWork, type Origin } from '@app/storage';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { domainRoom, type DomainRoom } from '../../../../test/harness/domain-room.js';
import { patient } from '../../../../test/harness/pace.js';
import { Accounts } from './accounts.js';
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
  const hash = await accounts.prepare(input);
  return work().run((tx) => accounts.create(tx, input, hash, home));
};
/** The result of an attempt: `in`, `wrong`, or the seconds to wait. */
const trying = async (login: string, given: string, from: Origin): Promise<string | number> => {
  try {
    return (await accounts.authenticate(login, given, from)) ? 'in' : 'wrong';
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

test('a known device signs in while strangers fill the queue, before most of them', async () => {
  await signUp('kay');
  const flood = { refused: 0, answered: 0 };
  // The queue holds 64.
  const many = Array.from({ length: 100 }, (_, n) =>
    accounts.authenticate(`stranger${n}`, password, strange(n)).then(
      () => (flood.answered += 1),
      (error: { code: string }) => error.code === 'busy' && (flood.refused += 1),
    ),
  );
  await expect.poll(() => flood.refused, { interval: 1, timeout: patient(10_000) }).toBeGreaterThan(0);
  expect(await trying('kay', password, home)).toBe('in');
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
  await expect(accounts.close(stolen, password, strange(1))).rejects.toThrow('rate_limited');
  await accounts.changePassword(own, { ...change, current: password }, home);
});
