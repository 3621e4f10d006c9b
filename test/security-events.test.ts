import request from 'supertest';
import { beforeAll, describe, expect, test } from 'vitest';
import { anId, moment, refused } from './harness/answers.js';
import { signUp, type Person } from './harness/people.js';
import { drawn } from './harness/pictures.js';
import { sharedStack } from './harness/shared-stack.js';
import type { Stack } from './harness/stack.js';

let stack: Stack;
let grace: Person;

beforeAll(async () => {
  stack = await sharedStack();
  grace = await signUp(stack, 'grace');
});

const client = () => request(stack.url);
const change = (person: Person, fields: object) => person.request('patch', '/v1/me', fields);

describe('the record of an account', () => {
  test('shows its owner what happened, page by page, and shows it to nobody else', async () => {
    const lin = await signUp(stack, 'lin');
    await change(lin, { username: 'lin_2' }).set('User-Agent', 'Photos/7 (Android)').expect(200);
    const photo = await lin.upload(await drawn());
    const post = await lin.post([photo]);
    await lin.request('delete', `/v1/posts/${post.id}`).expect(204);
    const page = (query: string, person = lin) =>
      person.request('get', `/v1/me/security-events${query}`).expect(200);
    const { body } = (await page('')) as { body: { items: { id: string; kind: string }[] } };
    const kinds = body.items.map(({ kind }) => kind).filter((kind) => !kind.startsWith('session.'));
    expect(kinds).toEqual(['post.deleted', 'username.changed', 'account.created']);
    expect(body.items.find(({ kind }) => kind === 'username.changed')).toEqual({
      id: anId,
      kind: 'username.changed',
      at: moment,
      byYou: true,
      address: '127.0.0.0/24',
      userAgent: 'Photos/7 (Android)',
      params: { before: 'lin', after: 'lin_2' },
    });
    const first = (await page('?limit=1')).body as { items: unknown[]; nextCursor: string };
    const second = (await page(`?limit=1&cursor=${first.nextCursor}`)).body as { items: unknown[] };
    expect([...first.items, ...second.items]).toEqual(body.items.slice(0, 2));
    expect(JSON.stringify((await page('', grace)).body)).not.toContain(lin.id);
    refused(await client().get('/v1/me/security-events'), 401, 'token_missing');
  });

  test('has what was deleted, and of a comment who did it but not where they are', async () => {
    const [mary, joan] = await Promise.all([signUp(stack, 'mary'), signUp(stack, 'joan')]);
    const [shown, unposted, avatar] = await Promise.all(
      [1, 2, 3].map(async (seed) => mary.upload(await drawn({ seed, width: 80, height: 60 }))),
    );
    const post = await mary.post(shown ? [shown] : []);
    const [own, other] = [await joan.comment(post, 'Mine'), await joan.comment(post, 'Hers to delete')];
    const made = (await mary.request('post', '/v1/me/collections', { name: 'Fog' }).expect(201)).body as {
      id: string;
    };
    const wear = (photoId?: string) => mary.request('put', '/v1/me/avatar', { photoId: photoId ?? null });
    await wear(avatar?.id).expect(200);
    await wear().expect(200);
    await mary.request('delete', `/v1/photos/${unposted?.id}`).expect(204);
    // Again, and in vain: only what was deleted is on the record.
    await mary.request('delete', `/v1/photos/${unposted?.id}`).expect(204);
    await joan.request('delete', `/v1/photos/${shown?.id}`).expect(404);
    await joan.request('delete', `/v1/me/collections/${made.id}`).expect(204);
    await mary.request('delete', `/v1/me/collections/${made.id}`).expect(204);
    await joan.request('delete', `/v1/comments/${own.id}`).expect(204);
    await mary.request('delete', `/v1/comments/${other.id}`).set('User-Agent', 'Hers').expect(204);
    const deletions = async (person: Person) => {
      const { body } = await person.request('get', '/v1/me/security-events').expect(200);
      const { items } = body as {
        items: { kind: string; byYou: boolean; address: string | null; params: object }[];
      };
      return items
        .filter(({ kind }) => kind.endsWith('.deleted'))
        .map(({ kind, byYou, address, params }) => ({ kind, byYou, address, ...params }));
    };
    const here = { byYou: true, address: '127.0.0.0/24' };
    expect(await deletions(mary)).toEqual([
      { kind: 'collection.deleted', ...here, collectionId: made.id },
      { kind: 'photo.deleted', ...here, photoId: unposted?.id },
      { kind: 'photo.deleted', ...here, photoId: avatar?.id },
    ]);
    const below = { kind: 'comment.deleted', postId: post.id };
    expect(await deletions(joan)).toEqual([
      { ...below, byYou: false, address: null, commentId: other.id },
      { ...below, ...here, commentId: own.id },
    ]);
    const { body } = await joan.request('get', '/v1/me/security-events?limit=1').expect(200);
    expect(JSON.stringify(body)).not.toContain('Hers');
  });
});
