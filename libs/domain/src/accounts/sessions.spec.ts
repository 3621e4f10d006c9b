import { limits, type Id, type Problem } from '@app/platform';
import { AuditRows, SessionRows, UnitOfWork, type Origin } from '@app/storage';
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

const phone = { address: '192.0.2.0/24', userAgent: 'a phone' };
const begin = (idempotencyKey: string | null = null): Promise<Id> =>
  room.get(UnitOfWork).run((tx) => sessions.begin(tx, ada, { ...phone, idempotencyKey }));
const signIn = async () => (await sessions.first(await begin(), null)).session;
const refresh = async (token: string, from: Origin = phone) =>
  (await sessions.refresh(sessions.parse(token), from)).refreshToken;
const past = (table: string, column: string, seconds: number, session: Id) =>
  room.database.query(
    `UPDATE ${table} SET ${column} = ${column} - make_interval(secs => $2)
     WHERE ${table === 'sessions' ? 'id' : 'session_id'} = $1`,
    [session, seconds],
  );
const living = async (id: Id) =>
  (await room.database.query('SELECT FROM sessions WHERE id = $1 AND ended_at IS NULL', [id])).length === 1;
const listed = async () =>
  (await room.get(SessionRows).living(ada, { limit: 10, before: null, after: null })).map(({ id }) => id);
const ended = { code: 'session_ended' };
const recorded = async () =>
  (await room.get(AuditRows).of(ada, { limit: 10, before: null, after: null })).map(
    ({ kind, address, user_agent, params }) => ({ kind, address, userAgent: user_agent, params }),
  );

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

test('a refresh token has one successor, whoever asks at once; the fourth repeat is too many', async () => {
  const { id, refreshToken } = await signIn();
  const asked = await Promise.allSettled(Array.from({ length: 6 }, () => refresh(refreshToken)));
  const [next, ...others] = asked.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  expect(others).toEqual([next, next, next]);
  expect(next).not.toBe(refreshToken);
  const refusals = asked.flatMap((one) => (one.status === 'rejected' ? [one.reason as Problem] : []));
  for (const { code, headers } of refusals) {
    expect(code).toBe('rate_limited');
    expect(Number(headers['retry-after'])).toBeGreaterThan(0);
  }
  expect(await living(id)).toBe(true);
  // A client that lost all four answers, and waited as it was told.
  await past('refresh_tokens', 'repeats_since', limits.session.repeatRefresh + 1, id);
  expect(await refresh(refreshToken)).toBe(next);
});

test('a repeat from another network and another client is on the record, once an answer', async () => {
  const { id, refreshToken } = await signIn();
  await refresh(refreshToken);
  await refresh(refreshToken, { ...phone, address: '198.51.100.0/24' });
  await refresh(refreshToken, { ...phone, userAgent: 'a browser' });
  const began = { kind: 'session.began', ...phone, params: { sessionId: id } };
  expect(await recorded()).toEqual([began]);
  const elsewhere = { address: '198.51.100.0/24', userAgent: 'a browser' };
  await refresh(refreshToken, elsewhere);
  for (let times = 0; times < 3; times += 1)
    await expect(refresh(refreshToken, elsewhere)).rejects.toMatchObject({ code: 'rate_limited' });
  // The third repeat, which was answered, and the first that was refused.
  const event = { kind: 'refresh.repeated', ...elsewhere, params: { sessionId: id } };
  expect(await recorded()).toEqual([event, event, began]);
});

test('a session has so many rotations a minute, and a token that is not its own uses up none', async () => {
  const { requests, seconds } = limits.rates.sessionRefresh;
  const { id, refreshToken } = await signIn();
  const forged = `${refreshToken.slice(0, -4)}AAAA`;
  for (let times = 0; times < requests; times += 1)
    await expect(refresh(forged)).rejects.toMatchObject(ended);
  let token = refreshToken;
  for (let generation = 2; generation <= requests; generation += 1) token = await refresh(token);
  await expect(refresh(token)).rejects.toMatchObject({ code: 'rate_limited' });
  expect(await living(id)).toBe(true);
  await past('refresh_tokens', 'created_at', seconds + 1, id);
  expect(await refresh(token)).not.toBe(token);
});

test('a used successor is given again for a minute; after it, the old token ends the session', async () => {
  const { id, refreshToken } = await signIn();
  const next = await refresh(refreshToken);
  const newest = await refresh(next);
  expect(await refresh(refreshToken)).toBe(next);
  await past('refresh_tokens', 'first_used_at', limits.session.repeatRefresh + 1, id);
  await expect(refresh(refreshToken)).rejects.toMatchObject(ended);
  expect(await living(id)).toBe(false);
  await expect(refresh(newest)).rejects.toMatchObject(ended);
});

test('a token that was used a thousand refreshes ago still ends the session, and a refresh reads few of them', async () => {
  const { requests } = limits.rates.sessionRefresh;
  const { id, refreshToken } = await signIn();
  const second = await refresh(refreshToken);
  // As if the session had gone on for ten days; the newest row has the place of the second.
  await room.database.query(
    `UPDATE refresh_tokens SET generation = 1000 WHERE session_id = $1 AND generation = 2`,
    [id],
  );
  await room.database.query(
    `INSERT INTO refresh_tokens (shard, session_id, generation, hash, created_at, first_used_at)
     SELECT shard, session_id, n, sha256(n::text::bytea), now() - interval '10 days', now() - interval '10 days'
     FROM refresh_tokens, generate_series(2, 999) AS n WHERE session_id = $1 AND generation = 1`,
    [id],
  );
  await past('refresh_tokens', 'created_at', 3_600, id);
  await refresh(second);
  const read = await room.get(UnitOfWork).run((tx) => room.get(SessionRows).refreshTokens(tx, id));
  expect(read.length).toBe(requests + 1);
  expect([read[0]?.generation, read.at(-1)?.generation]).toEqual([1_001, 1]);
  await expect(refresh(refreshToken)).rejects.toMatchObject(ended);
  expect(await living(id)).toBe(false);
});

test('a session that was not refreshed for too long is over, and listed no more', async () => {
  const { id, refreshToken } = await signIn();
  expect(await listed()).toEqual([id]);
  await past('sessions', 'refreshed_at', limits.session.refreshToken + 1, id);
  await expect(refresh(refreshToken)).rejects.toMatchObject(ended);
  expect(await listed()).toEqual([]);
});

test('a session is over a year after its beginning, however often it was refreshed', async () => {
  const { id, refreshToken } = await signIn();
  await past('sessions', 'created_at', limits.session.life - 60, id);
  const next = await refresh(refreshToken);
  await past('sessions', 'created_at', 61, id);
  const forged = `${refreshToken.slice(0, -4)}AAAA`;
  await expect(refresh(forged)).rejects.toMatchObject(ended);
  await expect(refresh(next)).rejects.toMatchObject(ended);
  expect(await listed()).toEqual([]);
});

test('whoever ends all other sessions keeps one, and cannot once it has ended', async () => {
  const [first, other, here] = [await begin(), await begin(), await begin()];
  const caller = { userId: ada, sessionId: here, synthetic: false };
  await sessions.endOthers(caller, phone);
  await sessions.endOthers(caller, phone);
  expect(await Promise.all([first, other, here].map(living))).toEqual([false, false, true]);
  const events = (await recorded()).filter(({ kind }) => kind !== 'session.began');
  expect(events).toEqual([{ kind: 'sessions.ended', ...phone, params: { count: 2 } }]);
  await sessions.end(ada, here, phone);
  expect((await recorded())[0]).toMatchObject({ kind: 'session.ended', params: { sessionId: here } });
  const later = await begin();
  await expect(sessions.endOthers(caller, phone)).rejects.toMatchObject(ended);
  expect(await living(later)).toBe(true);
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
  await expect(sessions.end(await room.person(), second, phone)).rejects.toMatchObject({ code: 'not_found' });
  await sessions.end(ada, second, phone);
  await sessions.end(ada, second, phone);
  expect(await living(second)).toBe(false);
});
