import { admin } from './admin-command.js';
import type { Page, Photo, Post } from './contract.js';
import { begunImport } from './imports.js';
import { asked, proofOf, ready } from './exports.js';
import { knownFactors } from './fuzz-factors.js';
import type { Known, Targets } from './fuzz-values.js';
import { PASSWORD, signIn, signUp, type Person } from './people.js';
import { drawn } from './pictures.js';
import { copyOf } from './ready-photos.js';
import type { Stack } from './stack.js';
import { create } from './tus.js';

async function thingsOf(stack: Stack, person: Person, photo: Photo): Promise<Record<string, string>> {
  const post = await person.post([await copyOf(stack, photo, person)], {
    caption: 'At the #sea',
    place: { name: 'The beach' },
  });
  const comment = await person.comment(post, 'A word');
  const made = await person.request('post', '/v1/me/collections', { name: 'The sea' }).expect(201);
  const free = await copyOf(stack, photo, person);
  const collection = (made.body as { id: string }).id;
  return {
    users: person.id,
    posts: post.id,
    comments: comment.id,
    photos: free.id,
    collections: collection,
    code: post.code,
  };
}

/** As many of each, made one after the other by `make`. */
const many = async <One>(count: number, make: (index: number) => Promise<One> | One): Promise<One[]> => {
  const made: One[] = [];
  for (let index = 0; index < count; index += 1) made.push(await make(index));
  return made;
};

/** Resumable uploads that a request with `body` completes: `count` of each owner. */
async function wholeUploads(owners: Person[], count: number, body: Buffer): Promise<Known[]> {
  const begin = async (owner: Person): Promise<Known> => {
    const { headers } = await create(owner, body.length).expect(201);
    const { pathname, search } = new URL(String(headers['location']), owner.server.url);
    return { path: [pathname.split('/').at(-1) ?? ''], query: [search.slice(1)] };
  };
  return (await Promise.all(owners.map((owner) => many(count, () => begin(owner))))).flat();
}

/** Requests about Ada's things that the others leave alone. */
async function knownThings(stack: Stack, ada: Person, photo: Photo): Promise<Targets['known']> {
  const { accessToken: token } = ada.session;
  const copy = () => copyOf(stack, photo, ada);
  const postOf = async () => ada.post([await copy()]);
  const post = await postOf();
  const made = await ada.request('post', '/v1/me/collections', { name: 'Known' }).expect(201);
  const { id: collection } = made.body as { id: string };
  // Copies share the objects of a photo, which go with the first of them that is deleted.
  const own = await ada.upload(await drawn({ seed: 48, width: 48, height: 32 }));
  const { pathname, search } = new URL(own.renditions?.w320.url ?? '');
  const of = (...path: string[]): Known[] => [{ path, token }];
  const list = (...path: string[]): Known[] => [{ path, token, query: [] }];
  const each = async (count: number, make: () => Promise<{ id: string }>) =>
    (await many(count, make)).map(({ id }): Known => ({ path: [id], token }));
  return {
    'GET /media/{fan}/{folder}/{file}': [{ path: pathname.split('/').slice(2), query: [search.slice(1)] }],
    'GET /v1/photos/{id}': of(own.id),
    'GET /v1/photos/{id}/original': of(own.id),
    'PATCH /v1/photos/{id}': of(own.id),
    'POST /v1/photos/{id}/complete': of(own.id),
    'DELETE /v1/photos/{id}': await each(12, copy),
    'POST /v1/posts': (await many(12, copy)).map(({ id }) => ({
      token,
      body: JSON.stringify({ photoIds: [id] }),
    })),
    'PATCH /v1/posts/{id}': of(post.id),
    'DELETE /v1/posts/{id}': await each(8, postOf),
    'DELETE /v1/posts/{id}/archive': of(post.id),
    'GET /v1/posts/{id}/comments': list(post.id),
    'GET /v1/posts/{id}/likes': list(post.id),
    'GET /v1/comments/{id}/replies': list((await ada.comment(post, 'Known')).id),
    'DELETE /v1/comments/{id}': await each(8, () => ada.comment(post, 'A word')),
    'PATCH /v1/me/collections/{id}': of(collection),
    'GET /v1/me/collections/{id}/posts': list(collection),
    'PUT /v1/me/collections/{id}/posts/{postId}': of(collection, post.id),
    'GET /v1/users/{id}/posts': list(ada.id),
    'GET /v1/users/{id}/followers': list(ada.id),
    'GET /v1/users/{id}/following': list(ada.id),
  };
}

/** Requests about sessions of Ada's that nothing needs, and by people who leave. */
async function knownAccounts(stack: Stack, ada: Person): Promise<Targets['known']> {
  const { accessToken: token } = ada.session;
  const sessions = await many(8, () => signIn(stack, ada.user.username));
  const leaving = await many(12, (index) => signUp(stack, `leaving${index}`));
  const shy = await signUp(stack, 'shy');
  await shy.request('patch', '/v1/me', { private: true }).expect(200);
  const asking = await many(4, async (index) => {
    const fan = await signUp(stack, `asking${index}`);
    await fan.follow(shy.user);
    return fan.id;
  });
  const links = await many(4, async (index) => {
    const forgetful = await signUp(stack, `forgetful${index}`);
    return new URL(await admin(stack, 'reset-password', forgetful.user.username));
  });
  const json = (body: object) => JSON.stringify(body);
  const tokenOf = ({ session }: Person) => session.accessToken;
  return {
    'PUT /v1/follow-requests/{userId}': asking.map((id) => ({ path: [id], token: tokenOf(shy) })),
    'DELETE /v1/sessions/{id}': [{ path: [sessions[0]?.session.id ?? ''], token }],
    'POST /v1/sessions/refresh': sessions
      .slice(1)
      .map(({ session: { refreshToken } }) => ({ body: json({ refreshToken }) })),
    // By address, since her name may change.
    'POST /v1/sessions': [{ body: json({ login: ada.user.username, password: PASSWORD }) }],
    'POST /v1/users': Array.from({ length: 12 }, (_, index) => ({
      body: json({ username: `known${index}`, email: `known${index}@example.org`, password: PASSWORD }),
    })),
    'PUT /v1/me/password': leaving.slice(6).map((person) => ({
      token: tokenOf(person),
      body: json({ current: PASSWORD, next: 'another good password 7' }),
    })),
    'PUT /v1/password-resets': links.map(({ searchParams }) => ({
      body: json({ token: searchParams.get('token'), password: 'another good password 7' }),
    })),
    'DELETE /v1/me': leaving
      .slice(0, 6)
      .map((person) => ({ token: tokenOf(person), body: json({ password: PASSWORD }) })),
  };
}

/** An export, a proof to ask for it again, and an import that may be begun again. */
async function knownTransfers(stack: Stack, grace: Person): Promise<Targets['known']> {
  const { accessToken: token } = grace.session;
  const begun = await begunImport(stack, grace);
  const { id, url } = await ready(grace, await asked(grace));
  return {
    'POST /v1/me/imports': [{ token, body: JSON.stringify({ uploadId: begun.uploadId }) }],
    'GET /v1/me/imports/{id}': [{ path: [begun.id], token }],
    'POST /v1/me/exports': [{ token, more: [['narwhal-proof', await proofOf(grace)]] }],
    'GET /v1/me/exports/{id}': [{ path: [id], token }],
    'GET /v1/me/exports/{id}/file': [{ path: [id], query: [new URL(url).search.slice(1)] }],
  };
}

/** Resumable uploads, each kind of request with its own. */
async function knownUploads(owners: Person[], body: Buffer): Promise<Targets['known']> {
  const more: Known['more'] = [['x-http-method-override', 'PATCH']];
  return {
    'HEAD /v1/uploads/{id}': await wholeUploads(owners, 1, body),
    'PATCH /v1/uploads/{id}': (await wholeUploads(owners, 5, body)).map((one) => ({ ...one, body })),
    'POST /v1/uploads/{id}': (await wholeUploads(owners, 5, body)).map((one) => ({ ...one, body, more })),
    'DELETE /v1/uploads/{id}': await wholeUploads(owners, 3, body),
  };
}

/** Cursors that Grace was given, each of another list. */
async function cursorsOf(grace: Person, ada: Person): Promise<string[]> {
  const pages = [
    '/v1/tags/sea/posts',
    `/v1/users/${ada.id}/posts`,
    '/v1/feed',
    '/v1/me/liked',
    '/v1/sessions',
  ];
  const lists = await Promise.all(pages.map((path) => grace.request('get', `${path}?limit=1`)));
  return lists.flatMap(({ body }) => (body as Page<Post>).nextCursor ?? []);
}

/** The parts of a signed media URL by name. */
function mediaWords(photo: Photo): Record<string, string[]> {
  const { pathname, searchParams } = new URL(photo.renditions?.w320.url ?? '');
  const [, , fan = '', folder = '', file = ''] = pathname.split('/');
  const parts = Object.entries({ fan, folder, file, ...Object.fromEntries(searchParams) });
  return Object.fromEntries(parts.map(([name, value]) => [name, [value]]));
}

/** Ada's followers and their things; Heidi is blocked by her, Ivan is private, Judy an admin. */
export async function targetsOf(stack: Stack): Promise<Targets> {
  const people = await Promise.all(
    ['ada', 'grace', 'heidi', 'ivan', 'judy'].map((name) => signUp(stack, name)),
  );
  const doomed = await Promise.all(Array.from({ length: 12 }, (_, index) => signUp(stack, `doomed${index}`)));
  const [ada, grace, heidi, ivan, judy] = people as [Person, Person, Person, Person, Person];
  const picture = await drawn({ width: 48, height: 32 });
  const photo = await ada.upload(picture);
  const things = await Promise.all([...people, ...doomed].map((person) => thingsOf(stack, person, photo)));
  await grace.follow(ada);
  await grace.follow(ivan);
  await ada.request('put', `/v1/users/${heidi.id}/block`).expect(200);
  await ivan.request('patch', '/v1/me', { private: true }).expect(200);
  await stack.database.query(`UPDATE users SET role = 'admin' WHERE id = $1`, [judy.id]);
  await stack.folded();
  const begun = await create(grace, 9).expect(201);
  const upload = new URL(String(begun.headers['location']), stack.url);
  const media = mediaWords(photo);
  const cursors = await cursorsOf(grace, ada);
  const each = (name: string) => things.map((thing) => thing[name] ?? '');
  const kinds = ['users', 'posts', 'comments', 'photos', 'collections'];
  const sessions = doomed.map(({ session }) => session.id);
  const uploads = [upload.pathname.split('/').at(-1) ?? ''];
  return {
    tokens: people.map(({ session }) => session.accessToken),
    doomed: doomed.map(({ session }) => session.accessToken),
    ids: [...kinds.flatMap(each), ...sessions, ...uploads, '1'],
    picture: picture.bytes,
    known: {
      ...(await knownThings(stack, ada, photo)),
      ...(await knownAccounts(stack, ada)),
      ...(await knownTransfers(stack, grace)),
      ...(await knownFactors(stack, judy)),
      ...(await knownUploads([ada, heidi, judy], picture.bytes)),
    },
    words: {
      ...media,
      s: [...(media['s'] ?? []), ...upload.searchParams.values()],
      cursor: cursors,
      newer: cursors,
      ...Object.fromEntries(kinds.map((kind) => [kind, each(kind)])),
      'follow-requests': each('users'),
      followers: each('users'),
      suggestions: each('users'),
      photoIds: each('photos'),
      photoId: each('photos'),
      replyTo: each('comments'),
      ids: [[...each('posts'), ...each('photos')].join(',')],
      code: each('code'),
      sessions,
      uploads,
      username: people.map(({ user }) => user.username),
      login: doomed.map(({ user }) => user.username),
      refreshToken: doomed.map(({ session }) => session.refreshToken),
      tag: ['sea'],
      place: ['the beach'],
      q: ['ada', 'sea'],
    },
  };
}
