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
});
