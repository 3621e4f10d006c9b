import { randomBytes } from 'node:crypto';
import request, { type Response } from 'supertest';
import { beforeAll, describe, expect, test } from 'vitest';
import { refused } from './harness/answers.js';
import type { Application } from './harness/application.js';
import type { Comment, Photo, Post, Session, User } from './harness/contract.js';
import { PASSWORD, signUp, type Person, type Server } from './harness/people.js';
import { drawn } from './harness/pictures.js';
import { sharedStack } from './harness/shared-stack.js';
import type { Stack } from './harness/stack.js';

let stack: Stack;
let other: Application;
let ada: Person;
let grace: Person;
let seed = 100;

beforeAll(async () => {
  stack = await sharedStack();
  other = stack.apis[1] ?? stack.api;
  [ada, grace] = await Promise.all([signUp(stack, 'ada'), signUp(stack, 'grace')]);
});

const newKey = () => randomBytes(15).toString('base64url');
const picture = () => drawn({ width: 300, height: 200, seed: (seed += 1) });
const id = ({ body }: Response) => (body as { id: string }).id;

interface Sent {
  path: string;
  body: object;
  key: string;
  by?: Person;
  at?: Server;
}

function post({ path, body, key, by = ada, at = stack }: Sent) {
  return request(at.url)
    .post(path)
    .set('Authorization', `Bearer ${by.session.accessToken}`)
    .set('Idempotency-Key', key)
    .send(body);
}

function upload(bytes: Buffer, key: string, { altText = '', at }: { altText?: string; at?: Server } = {}) {
  return request((at ?? stack).url)
    .post('/v1/photos')
    .set('Authorization', `Bearer ${ada.session.accessToken}`)
    .set('Idempotency-Key', key)
    .field('altText', altText)
    .attach('file', bytes, 'photo.jpg');
}

describe('the same request with the same key', () => {
  test('signs up once, and answers the same session', async () => {
    const sign = (fields: object = {}) =>
      request(stack.url)
        .post('/v1/users')
        .set('Idempotency-Key', 'one-key-of-mary-1')
        .send({ username: 'mary', email: 'mary@example.org', password: PASSWORD, ...fields });
    const answers = [await sign().expect(201), await sign().expect(201)];
    const [first, second] = answers.map(({ body }) => body as { user: User; session: Session });
    expect(second?.user).toEqual(first?.user);
    expect(second?.session).toMatchObject({
      id: first?.session.id,
      refreshToken: first?.session.refreshToken,
    });
    refused(await sign({ password: `${PASSWORD}!` }), 422, 'idempotency_key_reused');
  });

  test('signs in once', async () => {
    const key = newKey();
    const sent = { path: '/v1/sessions', body: { login: 'ada', password: PASSWORD }, key };
    const [first, second] = [await post(sent), await post({ ...sent, at: other })];
    expect((second.body as { session: Session }).session).toMatchObject({
      id: (first.body as { session: Session }).session.id,
      refreshToken: (first.body as { session: Session }).session.refreshToken,
    });
  });

  test('uploads once, whatever the boundary is', async () => {
    const { bytes } = await picture();
    const key = newKey();
    const [first, second] = [await upload(bytes, key), await upload(bytes, key, { at: other })];
    expect([first.status, second.status, id(second)]).toEqual([202, 202, id(first)]);
  });

  test('posts once and comments once', async () => {
    const photo = await ada.upload(await picture());
    const sent = { path: '/v1/posts', body: { photoIds: [photo.id], caption: 'Once' }, key: newKey() };
    const [first, second] = [await post(sent).expect(201), await post(sent).expect(201)];
    expect(second.body).toEqual(first.body);
    expect(second.headers['location']).toBe(`/v1/posts/${id(first)}`);

    const comment = { path: `/v1/posts/${id(first)}/comments`, body: { text: 'Once' }, key: newKey() };
    expect(id(await post(comment).expect(201))).toBe(id(await post(comment).expect(201)));
    await stack.quiet();
    expect(await ada.see(first.body as Post)).toMatchObject({ counts: { comments: 1 } });
  });

  test('sent many times at once, to several apis, makes one thing', async () => {
    const photo = await ada.upload(await picture());
    const sent = { path: '/v1/posts', body: { photoIds: [photo.id] }, key: newKey() };
    const servers = [stack, other, stack, other, stack, other, stack, other];
    const posts = await Promise.all(servers.map((at) => post({ ...sent, at })));
    expect(posts.map(({ status }) => status)).toEqual(servers.map(() => 201));
    expect(new Set(posts.map(id)).size).toBe(1);

    const { bytes } = await picture();
    const key = newKey();
    const uploads = await Promise.all(servers.map((at) => upload(bytes, key, { at })));
    expect(uploads.map(({ status }) => status)).toEqual(servers.map(() => 202));
    expect(new Set(uploads.map(id)).size).toBe(1);
  });
});

describe('another request with the same key', () => {
  test('is refused: other fields, another file, another description of it', async () => {
    const photo = await ada.upload(await picture());
    const sent = { path: '/v1/posts', body: { photoIds: [photo.id], caption: 'One' }, key: newKey() };
    await post(sent).expect(201);
    const changed = { ...sent, body: { photoIds: [photo.id], caption: 'Two' } };
    refused(await post(changed), 422, 'idempotency_key_reused');

    const [{ bytes }, key] = [await picture(), newKey()];
    await upload(bytes, key, { altText: 'A boat' }).expect(202);
    refused(await upload((await picture()).bytes, key), 422, 'idempotency_key_reused');
    refused(await upload(bytes, key, { altText: 'A ship' }), 422, 'idempotency_key_reused');
  });

  test('is another request when another person sends it, or it goes to another path', async () => {
    const key = newKey();
    const photo = await ada.upload(await picture());
    const made = await post({ path: '/v1/posts', body: { photoIds: [photo.id] }, key }).expect(201);
    const path = `/v1/posts/${id(made)}/comments`;
    const comments = [
      await post({ path, body: { text: 'Ada’s' }, key }).expect(201),
      await post({ path, body: { text: 'Grace’s' }, key, by: grace }).expect(201),
    ];
    expect(comments.map(({ body }) => (body as Comment).text)).toEqual(['Ada’s', 'Grace’s']);
  });
});

describe('what is kept', () => {
  test('is success alone: a refused request may be mended under its key', async () => {
    const key = newKey();
    const photo = await grace.upload(await picture());
    const sent = { path: '/v1/posts', body: { photoIds: [photo.id] }, key };
    refused(await post(sent), 422, 'photo_not_found');
    await post({ ...sent, by: grace }).expect(201);
    const own: Photo = await ada.upload(await picture());
    await post({ ...sent, body: { photoIds: [own.id] } }).expect(201);
  });

  test('is 410 once it was deleted', async () => {
    const photo = await ada.upload(await picture());
    const sent = { path: '/v1/posts', body: { photoIds: [photo.id] }, key: newKey() };
    const made = await post(sent).expect(201);
    const said = { path: `/v1/posts/${id(made)}/comments`, body: { text: 'Hm' }, key: newKey() };
    const comment = await post(said).expect(201);
    await ada.request('delete', `/v1/comments/${id(comment)}`).expect(204);
    refused(await post(said), 410, 'gone');
    await ada.remove({ id: id(made) });
    refused(await post(sent), 410, 'gone');

    const [{ bytes }, key] = [await picture(), newKey()];
    const uploaded = await upload(bytes, key).expect(202);
    await ada.request('delete', `/v1/photos/${id(uploaded)}`).expect(204);
    refused(await upload(bytes, key), 410, 'gone');
  });

  test('of a comment that replies keep as a gap, too, is 410', async () => {
    const made = await ada.post([await ada.upload(await picture())]);
    const said = { path: `/v1/posts/${made.id}/comments`, body: { text: 'Well' }, key: newKey() };
    const comment = (await post(said).expect(201)).body as Comment;
    await grace.comment(made, 'Yes?', comment);
    await ada.request('delete', `/v1/comments/${comment.id}`).expect(204);
    refused(await post(said), 410, 'gone');
  });

  test('of a comment below a post that is hidden or deleted since is 410; what is new is 404', async () => {
    const made = await ada.post([await ada.upload(await picture())]);
    const said = { path: `/v1/posts/${made.id}/comments`, body: { text: 'Oh' }, key: newKey(), by: grace };
    await post(said).expect(201);
    await ada.request('put', `/v1/posts/${made.id}/archive`).expect(200);
    refused(await post(said), 410, 'gone');
    refused(await post({ ...said, key: newKey() }), 404, 'not_found');
    await ada.request('delete', `/v1/posts/${made.id}/archive`).expect(200);
    await post(said).expect(201);
    await ada.remove(made);
    refused(await post(said), 410, 'gone');
  });

  test('outlives Redis', async () => {
    const photo = await ada.upload(await picture());
    const sent = { path: '/v1/posts', body: { photoIds: [photo.id] }, key: newKey() };
    const made = await post(sent).expect(201);
    await stack.redis.flushall();
    expect(id(await post(sent).expect(201))).toBe(id(made));
  });
});

test.each(['short', 'x'.repeat(65), 'spaces are not allowed', 'ümlaut-ümlaut-ümlaut'])(
  'the key %j is refused before anything is made',
  async (key) => {
    const body = { photoIds: [(await ada.upload(await picture())).id] };
    const { errors } = refused(await post({ path: '/v1/posts', body, key }), 422, 'validation_failed');
    expect(errors).toMatchObject([{ parameter: 'Idempotency-Key', code: 'wrong_format' }]);
  },
);
