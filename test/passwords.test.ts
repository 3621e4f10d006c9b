import request from 'supertest';
import { beforeAll, describe, expect, test } from 'vitest';
import { refused } from './harness/answers.js';
import type { Page, Session, User } from './harness/contract.js';
import { PASSWORD, Person, signIn, signUp } from './harness/people.js';
import { sharedStack } from './harness/shared-stack.js';
import type { Stack } from './harness/stack.js';

let stack: Stack;

beforeAll(async () => {
  stack = await sharedStack();
});

const client = () => request(stack.url);

describe('a password', () => {
  test('that is changed ends every other session and keeps this one', async () => {
    const mine = await signUp(stack, 'katherine');
    const other = await signIn(stack, 'katherine');
    const next = 'a much better passphrase';
    for (const tried of [next, PASSWORD]) {
      const change = { current: 'wrong', next: tried };
      refused(await mine.request('put', '/v1/me/password', change), 403, 'bad_credentials');
    }
    const weak = { current: PASSWORD, next: 'katherine1918' };
    refused(await mine.request('put', '/v1/me/password', weak), 422, 'password_too_weak');
    await mine.request('put', '/v1/me/password', { current: PASSWORD, next }).expect(204);
    // Repeated as after a lost answer: by now the current password is another one.
    const repeat = await mine.request('put', '/v1/me/password', { current: PASSWORD, next });
    refused(repeat, 403, 'bad_credentials');
    await mine.request('get', '/v1/me').expect(200);
    refused(await other.request('get', '/v1/me'), 401, 'session_ended');
    await signIn(stack, 'katherine', next);
    await expect(signIn(stack, 'katherine')).rejects.toThrow('bad_credentials');
  });

  test('that is changed leaves no session to those who waited in another api with the old one', async () => {
    const mine = await signUp(stack, 'dorothy');
    const busy = request(stack.apis[1]?.url ?? stack.url);
    const signingIn = Array.from({ length: 40 }, async () =>
      busy.post('/v1/sessions').send({ login: 'dorothy', password: PASSWORD }),
    );
    // Once the first is answered, most others have read the account and wait for their turn to hash.
    await Promise.race(signingIn);
    const change = { current: PASSWORD, next: 'a much better passphrase' };
    await mine.request('put', '/v1/me/password', change).expect(204);
    for (const { status, body } of await Promise.all(signingIn)) {
      if (status !== 201) {
        expect([401, 410]).toContain(status);
        continue;
      }
      const { accessToken, refreshToken } = (body as { session: Session }).session;
      refused(
        await client().get('/v1/me').set('Authorization', `Bearer ${accessToken}`),
        401,
        'session_ended',
      );
      refused(await client().post('/v1/sessions/refresh').send({ refreshToken }), 401, 'session_ended');
    }
    const left = await mine.request('get', '/v1/sessions').expect(200);
    expect((left.body as Page<{ id: string }>).items.map(({ id }) => id)).toEqual([mine.session.id]);
  });

  test('that is changed makes a repeated sign-up or sign-in 410, although its session lives', async () => {
    const begin = (path: string, body: object) =>
      client().post(path).set('Idempotency-Key', 'a-key-of-one-device').send(body);
    const account = { username: 'emmy', email: 'emmy@example.org', password: PASSWORD };
    const credentials = { login: 'emmy', password: PASSWORD };
    for (const [path, body] of [
      ['/v1/users', account],
      ['/v1/sessions', credentials],
    ] as const) {
      const begun = (await begin(path, body).expect(201)).body as { user: User; session: Session };
      const mine = new Person(stack, begun.user, begun.session);
      await begin(path, body).expect(201);
      const next = 'a much better passphrase';
      await mine.request('put', '/v1/me/password', { current: PASSWORD, next }).expect(204);
      refused(await begin(path, body), 410, 'gone');
      await mine.request('put', '/v1/me/password', { current: next, next: PASSWORD }).expect(204);
      refused(await begin(path, body), 410, 'gone');
      await mine.request('get', '/v1/me').expect(200);
    }
  });
});
