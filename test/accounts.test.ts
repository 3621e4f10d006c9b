import request from 'supertest';
import { beforeAll, describe, expect, test } from 'vitest';
import { anId, faults, moment, refused } from './harness/answers.js';
import type { Session, User } from './harness/contract.js';
import { PASSWORD, Person, signIn, signUp } from './harness/people.js';
import { drawn } from './harness/pictures.js';
import { sharedStack } from './harness/shared-stack.js';
import type { Stack } from './harness/stack.js';

let stack: Stack;
let ada: Person;
let grace: Person;

beforeAll(async () => {
  stack = await sharedStack();
  [ada, grace] = await Promise.all([signUp(stack, 'ada'), signUp(stack, 'grace')]);
});

const client = () => request(stack.url);
const signingUp = (fields: object) =>
  client()
    .post('/v1/users')
    .send({ username: 'mary', email: 'mary@example.org', password: PASSWORD, ...fields });
const sentAs = (type: string, body: string) =>
  client().post('/v1/users').set('Content-Type', type).send(body);
const change = (person: Person, fields: object) => person.request('patch', '/v1/me', fields);

describe('signing up', () => {
  test('answers the person and their session, every named field present', async () => {
    const response = await signingUp({ username: 'Mary_1', email: 'Mary@Example.org' }).expect(201);
    const { user, session } = response.body as { user: User; session: Session };
    expect(user).toEqual({
      id: anId,
      username: 'mary_1',
      displayName: null,
      bio: null,
      website: null,
      url: `${stack.url}/u/mary_1`,
      avatar: null,
      private: false,
      counts: { posts: 0, followers: 0, following: 0 },
      createdAt: moment,
      email: 'mary@example.org',
      emailVerified: false,
      pendingEmail: null,
      locale: 'en',
      terms: null,
      relationship: {
        following: false,
        requested: false,
        followedBy: false,
        blocking: false,
        muting: false,
      },
    });
    expect(session).toEqual({
      id: anId,
      accessToken: expect.any(String) as string,
      refreshToken: expect.any(String) as string,
      expiresAt: moment,
      expiresIn: 900,
    });
  });

  test('refuses a username that differs from a taken one by case only', async () => {
    const response = await signingUp({ username: 'ADA', email: 'new@example.org' });
    refused(response, 409, 'username_taken');
  });

  test('answers the same for an address that is known', async () => {
    const { body } = await signingUp({ username: 'maria', email: 'ADA@example.org' }).expect(201);
    expect(body).toMatchObject({ user: { email: 'ada@example.org', emailVerified: false } });
  });

  test('names every fault at once', async () => {
    const response = await client()
      .post('/v1/users')
      .send({ username: 'not a name', email: 'nowhere', password: 'short', admin: true });
    expect(faults(response)).toEqual([
      '/admin unknown_field',
      '/email wrong_format',
      '/password too_short',
      '/username wrong_format',
    ]);
  });

  test.each(['.ada', 'ada.', 'a..b', 'a-b', 'adä', '', 'a b', '@ada'])(
    'refuses the username %j',
    async (username) => {
      expect(faults(await signingUp({ username }))).toEqual(['/username wrong_format']);
    },
  );

  test('refuses usernames of 31 characters, and those that would read as the service’s own', async () => {
    expect(faults(await signingUp({ username: 'a'.repeat(31) }))).toContain('/username too_long');
    expect(faults(await signingUp({ username: 'Admin' }))).toEqual(['/username reserved']);
  });

  test('takes usernames of 1 and of 30 characters, with dots inside', async () => {
    for (const username of ['q', 'x'.repeat(30), 'a.b_c.9'])
      await signingUp({ username, email: `${username}@example.org` }).expect(201);
  });

  test('counts a password in code points: 8 to 128', async () => {
    expect(faults(await signingUp({ password: '🐋'.repeat(7) }))).toEqual(['/password too_short']);
    expect(faults(await signingUp({ password: 'x'.repeat(129) }))).toEqual(['/password too_long']);
    const password = `${PASSWORD} `.repeat(5).slice(0, 120) + '🐋'.repeat(8);
    await signUp(stack, 'whale', { password });
    await signIn(stack, 'whale', password);
  });

  test.each([
    'password',
    '12345678',
    ' '.repeat(8),
    'P@ssw0rd123',
    'annie.easley',
    'AnnieEasley1962',
    'annie.easley@nasa.example',
    'a'.repeat(128),
    'xK9#mQ2$v',
  ])('refuses the password %j, and says why', async (password) => {
    const fields = { username: 'annie.easley', email: 'annie.easley@nasa.example', password };
    const { params, detail } = refused(
      await signingUp({ ...fields, displayName: 'Annie Easley' }),
      422,
      'password_too_weak',
    );
    expect(params).toEqual({
      score: expect.any(Number) as number,
      required: 3,
      reason: expect.stringMatching(/[a-z'].*\.$/) as string,
    });
    expect(detail).toContain(params['reason']);
  });
});

describe('a body', () => {
  test.each(['[]', '7', '"text"', 'true'])('that is %s and no object is refused', async (body) => {
    expect(faults(await sentAs('application/json', body))).toEqual([' wrong_type']);
  });

  test('that is null or empty lacks every field', async () => {
    for (const body of ['null', '', '{}']) {
      const missing = ['/email required', '/password required', '/username required'];
      expect(faults(await sentAs('application/json', body))).toEqual(missing);
    }
  });

  test('that is broken JSON is 400', async () => {
    refused(await sentAs('application/json', '{"username":'), 400, 'json_invalid');
  });

  test.each(['text/plain', 'application/x-www-form-urlencoded', 'application/xml', 'image/jpeg'])(
    'of type %s is 415',
    async (type) => {
      refused(await sentAs(type, 'username=mary'), 415, 'unsupported_media_type');
    },
  );

  test('of more than 64 KiB is 413', async () => {
    const { params } = refused(await signingUp({ bio: 'x'.repeat(70_000) }), 413, 'body_too_large');
    expect(params).toEqual({ limit: 65_536, actual: expect.any(Number) as number });
  });
});

describe('a profile', () => {
  test('keeps what a change does not name and clears what it sets to null', async () => {
    await change(ada, { displayName: 'Ada', bio: 'Engines\r\nof analysis', website: 'https://ada.example' });
    const changed = await change(ada, { bio: null }).expect(200);
    expect(changed.body).toMatchObject({ displayName: 'Ada', bio: null, website: 'https://ada.example' });
    const cleared = await change(ada, { website: null, displayName: null }).expect(200);
    expect(cleared.body).toMatchObject({ displayName: null, website: null });
    await change(ada, { displayName: 'Ada', website: 'https://ada.example' }).expect(200);
    const emptied = await change(ada, { displayName: '\u200b\u2060', bio: ' ', website: '' }).expect(200);
    expect(emptied.body).toMatchObject({ displayName: null, bio: null, website: null });
  });

  test('holds texts in NFC, of lengths in code points, with line feeds where there may be some', async () => {
    const response = await change(ada, { displayName: ' Ade\u0301 ', bio: 'one\r\ntwo' }).expect(200);
    expect(response.body).toMatchObject({ displayName: 'Ad\u00e9', bio: 'one\ntwo' });
    await change(ada, { displayName: '🐋'.repeat(50) }).expect(200);
    const { errors } = refused(await change(ada, { displayName: '🐋'.repeat(51) }), 422, 'validation_failed');
    expect(errors).toEqual([
      { pointer: '/displayName', code: 'too_long', params: { limit: 50, actual: 51 } },
    ]);
  });

  test.each([{ displayName: 'a\u0000b' }, { displayName: 'a\nb' }, { bio: '\u001babc' }, { bio: '\ud800' }])(
    'refuses the characters of %j',
    async (fields) => {
      const [name = ''] = Object.keys(fields);
      expect(faults(await change(ada, fields))).toEqual([`/${name} character_not_allowed`]);
    },
  );

  test.each([
    'javascript:alert(1)',
    'data:text/html,x',
    'ada.example',
    'https://me:pass@x.org',
    'ftp://x.org',
  ])('refuses the website %s', async (website) => {
    expect(faults(await change(ada, { website }))).toEqual(['/website wrong_format']);
  });

  test('may take another username, and have the old one back, which nobody else gets meanwhile', async () => {
    const joan = await signUp(stack, 'joan');
    refused(await change(joan, { username: 'GRACE' }), 409, 'username_taken');
    await change(joan, { username: 'Joan.Clarke' }).expect(200);
    await client().get('/v1/users/by/username/JOAN.clarke').expect(200);
    refused(await client().get('/v1/users/by/username/joan'), 404, 'not_found');
    refused(await signingUp({ username: 'joan', email: 'other@example.org' }), 409, 'username_taken');
    await change(joan, { username: 'joan' }).expect(200);
  });

  test('is read without a token, and answers 304 until it changes', async () => {
    const path = `/v1/users/${grace.id}`;
    const { headers, body } = await client().get(path).expect(200);
    expect(body).not.toHaveProperty('email');
    expect(body).not.toHaveProperty('relationship');
    expect(headers['cache-control']).toBe('private, no-cache');
    const again = () => client().get(path).set('If-None-Match', String(headers['etag']));
    expect((await again().expect(304)).text).toBe('');
    await change(grace, { bio: 'Compilers' }).expect(200);
    await again().expect(200);
  });

  test('that is not there is the same 404 for every id, also for what is none', async () => {
    for (const id of ['1', 'abc', '9'.repeat(30), '-1', '0x10', 'a'.repeat(500)])
      refused(await client().get(`/v1/users/${id}`), 404, 'not_found');
  });
});

describe('an avatar', () => {
  test('is a ready photo of one’s own, which posts and deletion then leave alone', async () => {
    const photo = await ada.upload(await drawn({ seed: 1, width: 400, height: 300 }));
    const set = await ada.request('put', '/v1/me/avatar', { photoId: photo.id }).expect(200);
    const { avatar } = set.body as { avatar: Record<string, string> };
    expect(Object.keys(avatar).sort()).toEqual(['w150', 'w320', 'w64']);
    for (const url of Object.values(avatar))
      await request(url)
        .get('')
        .expect(200)
        .expect('content-type', /^image/);
    refused(await ada.request('post', '/v1/posts', { photoIds: [photo.id] }), 422, 'photo_already_posted');
    refused(await ada.request('delete', `/v1/photos/${photo.id}`), 409, 'photo_in_use');
    const seen = await client().get(`/v1/users/${ada.id}`);
    expect(seen.body).toMatchObject({ avatar });
  });

  test('goes with null, and is nobody else’s photo', async () => {
    const photo = await grace.upload(await drawn({ seed: 2, width: 400, height: 300 }));
    refused(await ada.request('put', '/v1/me/avatar', { photoId: photo.id }), 422, 'photo_not_found');
    const cleared = await ada.request('put', '/v1/me/avatar', { photoId: null }).expect(200);
    expect(cleared.body).toMatchObject({ avatar: null });
  });
});
