import { randomBytes } from 'node:crypto';
import request from 'supertest';
import { beforeAll, describe, expect, test } from 'vitest';
import { anId, faults, moment, refused } from './harness/answers.js';
import type { Application } from './harness/application.js';
import { cable } from './harness/cable.js';
import { clockAhead } from './harness/clock.js';
import type { Page, Session } from './harness/contract.js';
import { PASSWORD, signIn, signUp, type Person, type Server } from './harness/people.js';
import { sharedStack } from './harness/shared-stack.js';
import type { Stack } from './harness/stack.js';
import { patient } from './harness/pace.js';

let stack: Stack;
let other: Application;
let ada: Person;

beforeAll(async () => {
  stack = await sharedStack();
  other = stack.apis[1] ?? stack.api;
  ada = await signUp(stack, 'ada');
});

const me = (token: string, server: Server = stack) =>
  request(server.url).get('/v1/me').set('Authorization', `Bearer ${token}`);
const refreshing = (refreshToken: string, server: Server = stack) =>
  request(server.url).post('/v1/sessions/refresh').send({ refreshToken });

async function refresh(refreshToken: string, server: Server = stack): Promise<Session> {
  const response = await refreshing(refreshToken, server).expect(200);
  return (response.body as { session: Session }).session;
}

describe('signing in', () => {
  test('takes the username or an address that belongs to them, in any case', async () => {
    await stack.database.query('INSERT INTO emails VALUES ($1, $2, now())', ['ada@example.org', ada.id]);
    for (const login of ['ada', 'ADA', ' Ada@Example.ORG ']) {
      const response = await request(stack.url).post('/v1/sessions').send({ login, password: PASSWORD });
      expect(response.status).toBe(201);
      expect(response.body).toMatchObject({ user: { id: ada.id }, session: { expiresIn: 900 } });
    }
  });

  test('answers alike whether the login or the password is wrong', async () => {
    const answers = await Promise.all(
      ['ada', 'nobody', 'ada\u0000', '😀@example.org'].map((login) =>
        request(stack.url).post('/v1/sessions').send({ login, password: 'not the password' }),
      ),
    );
    for (const answer of answers)
      expect(refused(answer, 401, 'bad_credentials').detail).toBe('The login or the password is wrong.');
  });
});

describe('an access token', () => {
  test('that is missing asks for one', async () => {
    const response = await request(stack.url).get('/v1/me');
    refused(response, 401, 'token_missing');
    expect(response.headers['www-authenticate']).toBe('Bearer');
  });

  test('that is garbage, altered or of another scheme is invalid', async () => {
    const { accessToken } = ada.session;
    const altered = accessToken.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A'));
    for (const token of ['garbage', altered, `${accessToken}A`, randomBytes(60).toString('base64url')]) {
      const response = await me(token);
      refused(response, 401, 'token_invalid');
      expect(response.headers['www-authenticate']).toBe('Bearer error="invalid_token"');
    }
    const basic = await request(stack.url).get('/v1/me').set('Authorization', 'Basic YWRhOmFkYQ==');
    refused(basic, 401, 'token_invalid');
  });

  test('that is no good is refused also where none is needed', async () => {
    const response = await request(stack.url)
      .get(`/v1/users/${ada.id}`)
      .set('Authorization', 'Bearer garbage');
    refused(response, 401, 'token_invalid');
  });

  test('expires after 15 minutes, which is no reason to sign in again', async () => {
    const later = await stack.guest(clockAhead(901));
    refused(await me(ada.session.accessToken, later), 401, 'token_expired');
    const session = await refresh(ada.session.refreshToken, later);
    await me(session.accessToken, later).expect(200);
  });

  test('ends with its session, at once and on every api', async () => {
    const phone = await signIn(stack, 'ada');
    const { accessToken } = phone.session;
    await me(accessToken, other).expect(200);
    await phone.request('delete', '/v1/sessions/current').expect(204);
    for (const server of [other, stack.api]) refused(await me(accessToken, server), 401, 'session_ended');
    refused(await refreshing(phone.session.refreshToken, other), 401, 'session_ended');
  });
});

describe('a refresh', () => {
  test('may be repeated, on any api, and answers the same successor', async () => {
    const { session } = await signIn(stack, 'ada');
    const [first, second] = [await refresh(session.refreshToken), await refresh(session.refreshToken, other)];
    expect(second).toMatchObject({ id: session.id, refreshToken: first.refreshToken });
    await me(first.accessToken).expect(200);
    await me(second.accessToken).expect(200);
  });

  test('is not held up by those who sign in from the same address', async () => {
    const { session } = await signIn(stack, 'ada');
    const limited = await stack.guest({ RATE_LIMITS: 'on' });
    const tries = await Promise.all(
      Array.from({ length: 40 }, () => request(limited.url).post('/v1/sessions').send({})),
    );
    const refusals = tries.filter(({ status }) => status === 429);
    expect(refusals.length).toBeGreaterThanOrEqual(5);
    for (const refusal of refusals) refused(refusal, 429, 'rate_limited');
    expect((await refresh(session.refreshToken, limited)).id).toBe(session.id);
  });

  test('in parallel signs nobody out: three repeats are answered as the first, more are told to wait', async () => {
    const { session } = await signIn(stack, 'ada');
    const answers = await Promise.all(
      [stack, other, stack, other, stack, other].map((server) => refreshing(session.refreshToken, server)),
    );
    const sessions = answers
      .filter(({ status }) => status === 200)
      .map(({ body }) => (body as { session: Session }).session);
    expect(sessions).toHaveLength(4);
    expect(new Set(sessions.map(({ refreshToken }) => refreshToken)).size).toBe(1);
    expect(sessions[0]?.refreshToken).not.toBe(session.refreshToken);
    for (const answer of answers.filter(({ status }) => status !== 200)) {
      refused(answer, 429, 'rate_limited');
      expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
    }
    await refresh(sessions[0]?.refreshToken ?? '');
  });

  test('is answered still for a minute after its successor was used, and then ends the session', async () => {
    const { session } = await signIn(stack, 'ada');
    const second = await refresh(session.refreshToken);
    const third = await refresh(second.refreshToken);
    expect(await refresh(session.refreshToken)).toMatchObject({ refreshToken: second.refreshToken });
    const later = await stack.guest(clockAhead(61));
    refused(await refreshing(session.refreshToken, later), 401, 'session_ended');
    refused(await me(third.accessToken), 401, 'session_ended');
    refused(await refreshing(third.refreshToken), 401, 'session_ended');
  });

  test('is answered still after an hour when its successor was never used', async () => {
    const { session } = await signIn(stack, 'ada');
    const second = await refresh(session.refreshToken);
    const later = await stack.guest(clockAhead(3_600));
    expect(await refresh(session.refreshToken, later)).toMatchObject({ refreshToken: second.refreshToken });
  });

  test('of what was never a refresh token ends nothing', async () => {
    const { session } = await signIn(stack, 'ada');
    const guessed = `${session.id}.${randomBytes(32).toString('base64url')}`;
    for (const text of ['', 'garbage', guessed, session.accessToken, `1.${'A'.repeat(43)}`])
      refused(await refreshing(text), 401, 'session_ended');
    await refresh(session.refreshToken);
    expect(faults(await request(stack.url).post('/v1/sessions/refresh').send({}))).toEqual([
      '/refreshToken required',
    ]);
  });
});

describe('the list of sessions', () => {
  test('shows where one is signed in, and ends one by its id', async () => {
    const grace = await signUp(stack, 'grace');
    const phone = await signIn(stack, 'grace');
    const response = await grace.request('get', '/v1/sessions').expect(200);
    const page = response.body as Page<{ id: string; current: boolean }>;
    expect(page.nextCursor).toBeNull();
    expect(page.items.map(({ id, current }) => [id, current])).toEqual([
      [phone.session.id, false],
      [grace.session.id, true],
    ]);
    expect(page.items[0]).toMatchObject({ id: anId, createdAt: moment, refreshedAt: moment });
    expect(page.items[0]).toMatchObject({ startedAt: moment, lastUsedAt: moment, address: '127.0.0.0/24' });

    await grace.request('delete', `/v1/sessions/${phone.session.id}`).expect(204);
    refused(await phone.request('get', '/v1/me'), 401, 'session_ended');
    await grace.request('delete', `/v1/sessions/${phone.session.id}`).expect(204);
    refused(await grace.request('delete', '/v1/sessions/none'), 404, 'not_found');
  });

  test('names the devices, and ends all others at once', async () => {
    const vera = await signUp(stack, 'vera');
    const credentials = { login: 'vera', password: PASSWORD };
    const phone = (
      await request(stack.url)
        .post('/v1/sessions')
        .set('User-Agent', 'Narwhal/1.2 (iPhone; iOS 19.1)')
        .send(credentials)
        .expect(201)
    ).body as { session: Session };
    const list = async () =>
      ((await vera.request('get', '/v1/sessions').expect(200)).body as Page<{ id: string; device: object }>)
        .items;
    expect((await list())[0]?.device).toEqual({ name: 'Narwhal (iPhone)', kind: 'phone' });
    await me(phone.session.accessToken, other).expect(200);
    for (let times = 0; times < 2; times += 1) await vera.request('delete', '/v1/sessions').expect(204);
    expect((await list()).map(({ id }) => id)).toEqual([vera.session.id]);
    refused(await me(phone.session.accessToken, other), 401, 'session_ended');
    refused(await refreshing(phone.session.refreshToken), 401, 'session_ended');
    refused(await request(stack.url).delete('/v1/sessions'), 401, 'token_missing');
    const events = (await vera.request('get', '/v1/me/security-events').expect(200)).body as Page<{
      kind: string;
    }>;
    const kinds = ['sessions.ended', 'session.began', 'session.began', 'account.created'];
    expect(events.items.map(({ kind }) => kind)).toEqual(kinds);
  });

  test('is read in pages, both ways', async () => {
    const joan = await signUp(stack, 'joan');
    const all = [joan, await signIn(stack, 'joan'), await signIn(stack, 'joan')];
    const newest = all.map(({ session }) => session.id).toReversed();
    const read = async (query: string) =>
      (await joan.request('get', `/v1/sessions?${query}`).expect(200)).body as Page<{ id: string }>;
    const ids = ({ items }: Page<{ id: string }>) => items.map(({ id }) => id);
    const first = await read('limit=2');
    expect(ids(first)).toEqual(newest.slice(0, 2));
    const second = await read(`limit=2&cursor=${first.nextCursor ?? ''}`);
    expect(ids(second)).toEqual(newest.slice(2));
    expect(second.nextCursor).toBeNull();
    expect(ids(await read(`limit=2&newer=${second.prevCursor ?? ''}`))).toEqual(newest.slice(0, 2));
    refused(await joan.request('get', '/v1/sessions?cursor=AAAA'), 400, 'cursor_invalid');
  });

  test('is no way to end somebody else’s', async () => {
    const mary = await signUp(stack, 'mary');
    await ada.request('delete', `/v1/sessions/${mary.session.id}`);
    await mary.request('get', '/v1/me').expect(200);
  });
});

describe('a flood of sign-ins', () => {
  test('leaves feeds and refreshes their turn, and is answered 503 where it would wait too long', async () => {
    const alan = await signUp(stack, 'alan');
    const body = { login: 'nobody', password: PASSWORD };
    let answered = 0;
    const flood = Array.from({ length: 240 }, async () => {
      const answer = await request(stack.url).post('/v1/sessions').send(body);
      answered += 1;
      return answer;
    });
    let read = 0;
    for (; answered < 240; read += 1) {
      await alan.feed();
      if (read === 0) await refresh(alan.session.refreshToken);
    }
    const answers = await Promise.all(flood);
    const judged = answers.filter(({ status }) => status === 401).length;
    const busy = answers.filter(({ status }) => status === 503);
    expect(judged + busy.length).toBe(240);
    for (const answer of busy) {
      refused(answer, 503, 'busy');
      expect(answer.headers['retry-after']).toBe('2');
    }
    // A feed takes several turns of the event loop: with hashes in between each, few would be read.
    expect(read).toBeGreaterThan(judged / 2);
  });
});

describe('while parts are away', () => {
  test('an emptied Redis signs nobody out, and brings nobody back', async () => {
    const [stays, leaves] = [await signIn(stack, 'ada'), await signIn(stack, 'ada')];
    await leaves.request('delete', '/v1/sessions/current').expect(204);
    await stack.redis.flushall();
    await stays.request('get', '/v1/me').expect(200);
    await refresh(stays.session.refreshToken);
    refused(await leaves.request('get', '/v1/me'), 401, 'session_ended');
  });

  test('a stopped Redis leaves sessions, and their ending, to PostgreSQL', async () => {
    const [stays, leaves] = [await signIn(stack, 'ada'), await signIn(stack, 'ada')];
    await me(leaves.session.accessToken, other).expect(200);
    await stack.redis.stop();
    try {
      await stays.request('get', '/v1/me').expect(200);
      await refresh(stays.session.refreshToken);
      await signIn(stack, 'ada');
      await leaves.request('delete', '/v1/sessions/current').expect(204);
      refused(await me(leaves.session.accessToken, other), 401, 'session_ended');
    } finally {
      await stack.redis.start();
    }
    refused(await me(leaves.session.accessToken, other), 401, 'session_ended');
  });

  test('a PostgreSQL that is away is 503, and no reason to sign out', async () => {
    const way = await cable(stack.database.url);
    const cutOff = await stack.guest({ DATABASE_URL: way.url });
    await me(ada.session.accessToken, cutOff).expect(200);
    way.cut();
    const state = async () => {
      const { body } = await request(cutOff.url).get('/health/ready');
      return (body as { parts: { database: { state: string } } }).parts.database.state;
    };
    const answers = await Promise.all([
      me(ada.session.accessToken, cutOff),
      refreshing(ada.session.refreshToken, cutOff),
      request(cutOff.url).post('/v1/sessions').send({ login: 'ada', password: PASSWORD }),
      signUpAt(cutOff),
    ]);
    for (const answer of answers) {
      refused(answer, 503, 'unavailable');
      expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
    }
    // Degraded, until it knows that it alone is cut off: docs/health.md.
    await expect.poll(state, { timeout: patient(5_000) }).toBe('down');
    await way.close();
  });
});

function signUpAt(server: Server) {
  const body = { username: 'radia', email: 'radia@example.org', password: PASSWORD };
  return request(server.url).post('/v1/users').send(body);
}
