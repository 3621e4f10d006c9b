import { limits, type Id } from '@app/platform';
import { UnitOfWork } from '@app/storage';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { domainRoom, type DomainRoom } from '../../../../test/harness/domain-room.js';
import { AccessTokens } from './access-tokens.js';
import { Sessions } from './sessions.js';

let room: DomainRoom;
let sessions: Sessions;
let ada: Id;

beforeAll(async () => {
  room = await domainRoom();
  sessions = room.get(Sessions);
});
afterAll(() => room.close());
beforeEach(async () => (ada = await room.person()));

const begin = (idempotencyKey: string | null = null): Promise<Id> =>
  room.get(UnitOfWork).run((tx) => sessions.begin(tx, ada, { userAgent: 'spec', idempotencyKey }));
const signIn = async () => (await sessions.first(await begin(), null)).session;
const refresh = async (token: string) => (await sessions.refresh(sessions.parse(token))).refreshToken;
const living = async (id: Id) =>
  (await room.database.query('SELECT FROM sessions WHERE id = $1 AND ended_at IS NULL', [id])).length === 1;
const ended = { code: 'session_ended' };

test('a session begins with tokens that say whose it is', async () => {
  const { id, accessToken, expiresIn } = await signIn();
  expect(expiresIn).toBe(limits.session.accessToken);
  expect(await room.get(AccessTokens).caller(accessToken, performance.now())).toEqual({
    userId: ada,
    sessionId: id,
    synthetic: false,
  });
});

test('the first tokens are given again to a request with the same key, and to no other', async () => {
  const id = await begin('a-key-of-one-request');
  const { session } = await sessions.first(id, 'a-key-of-one-request');
  expect((await sessions.first(id, 'a-key-of-one-request')).session.refreshToken).toBe(session.refreshToken);
  await expect(sessions.first(id, 'a-key-of-another-one')).rejects.toMatchObject({ code: 'gone' });
  await expect(sessions.first(id, null)).rejects.toMatchObject({ code: 'gone' });
});

test('a refresh token has one successor, however often and however many at once ask', async () => {
  const { refreshToken } = await signIn();
  const [next, ...others] = await Promise.all(Array.from({ length: 5 }, () => refresh(refreshToken)));
  expect(new Set(others)).toEqual(new Set([next]));
  expect(next).not.toBe(refreshToken);
});

test('a used successor is given again for a minute; after it, the old token ends the session', async () => {
  const { id, refreshToken } = await signIn();
  const next = await refresh(refreshToken);
  const newest = await refresh(next);
  expect(await refresh(refreshToken)).toBe(next);
  await room.database.query(
    `UPDATE refresh_tokens SET first_used_at = first_used_at - make_interval(secs => $2) WHERE session_id = $1`,
    [id, limits.session.repeatRefresh + 1],
  );
  await expect(refresh(refreshToken)).rejects.toMatchObject(ended);
  expect(await living(id)).toBe(false);
  await expect(refresh(newest)).rejects.toMatchObject(ended);
});

test('a session that was not refreshed for too long ends', async () => {
  const { id, refreshToken } = await signIn();
  await room.database.query(
    `UPDATE sessions SET refreshed_at = refreshed_at - make_interval(secs => $2) WHERE id = $1`,
    [id, limits.session.refreshToken + 1],
  );
  await expect(refresh(refreshToken)).rejects.toMatchObject(ended);
  expect(await living(id)).toBe(false);
});

test('a forged token ends nothing', async () => {
  const { id, refreshToken } = await signIn();
  const forged = `${refreshToken.slice(0, -4)}AAAA`;
  await expect(refresh(forged)).rejects.toMatchObject(ended);
  expect(() => sessions.parse('garbage')).toThrow(expect.objectContaining(ended));
  expect(await living(id)).toBe(true);
});

test('the oldest session above the limit ends, and only its person ends a session', async () => {
  const ids: Id[] = [];
  for (let count = 0; count <= limits.session.perUser; count += 1) ids.push(await begin());
  const [oldest = '', second = ''] = ids;
  expect([await living(oldest), await living(second)]).toEqual([false, true]);
  await expect(sessions.end(await room.person(), second)).rejects.toMatchObject({ code: 'not_found' });
  await sessions.end(ada, second);
  await sessions.end(ada, second);
  expect(await living(second)).toBe(false);
});
