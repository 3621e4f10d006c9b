import { beforeAll, describe, expect, it } from 'vitest';
import type { Page, Post } from './harness/contract.js';
import { signUp, type Person } from './harness/people.js';
import { drawn } from './harness/pictures.js';
import { sharedStack } from './harness/shared-stack.js';
import type { Stack } from './harness/stack.js';

let stack: Stack;
let ada: Person;
let grace: Person;

beforeAll(async () => {
  stack = await sharedStack();
  [ada, grace] = await Promise.all([signUp(stack, 'ada'), signUp(stack, 'grace')]);
  await grace.follow(ada);
});

const posted = async (person: Person): Promise<Post> => person.post([await person.upload(await drawn())]);
const ids = async (person: Person, path: string): Promise<string[]> => {
  const response = await person.request('get', path).expect(200);
  return (response.body as Page<Post>).items.map(({ id }) => id);
};

describe('an archived post', () => {
  it('is hidden from everybody else and comes back with its likes and comments', async () => {
    const [older, post] = [await posted(ada), await posted(ada)];
    await grace.like(post);
    await grace.comment(post, 'Lovely');
    await stack.folded();
    await ada.request('put', `/v1/posts/${post.id}/archive`).expect(200);

    expect(await ids(grace, '/v1/feed')).toEqual([older.id]);
    expect(await ids(grace, `/v1/users/${ada.id}/posts`)).toEqual([older.id]);
    await grace.request('get', `/v1/posts/${post.id}`).expect(404);
    expect(await ids(ada, '/v1/me/archived')).toEqual([post.id]);
    expect((await ada.request('get', '/v1/me')).body).toMatchObject({ counts: { posts: 1 } });

    await ada.request('delete', `/v1/posts/${post.id}/archive`).expect(200);
    await stack.folded();
    expect(await ids(grace, '/v1/feed')).toEqual([post.id, older.id]);
    expect(await grace.see(post)).toMatchObject({
      archived: false,
      liked: true,
      counts: { likes: 1, comments: 1 },
    });
    expect((await ada.request('get', '/v1/me')).body).toMatchObject({ counts: { posts: 2 } });
  });

  it('comes back also to a feed that was made anew meanwhile', async () => {
    const post = await posted(ada);
    await stack.folded();
    await ada.request('put', `/v1/posts/${post.id}/archive`).expect(200);
    await stack.redis.flushall();
    expect(await ids(grace, '/v1/feed')).not.toContain(post.id);
    await ada.request('delete', `/v1/posts/${post.id}/archive`).expect(200);
    await stack.folded();
    expect((await ids(grace, '/v1/feed'))[0]).toBe(post.id);
  });
});

describe('a collection', () => {
  it('holds what its owner saved, and is nobody else’s', async () => {
    const [one, other] = [await posted(ada), await posted(ada)];
    const made = await grace.request('post', '/v1/me/collections', { name: ' Seaside ' }).expect(201);
    const { id, name } = made.body as { id: string; name: string };
    expect(name).toBe('Seaside');
    for (const post of [one, other]) {
      await grace.request('put', `/v1/me/collections/${id}/posts/${post.id}`).expect(200);
      await grace.request('put', `/v1/me/collections/${id}/posts/${post.id}`).expect(200);
    }
    expect(await ids(grace, `/v1/me/collections/${id}/posts`)).toEqual([other.id, one.id]);
    expect(await ids(grace, '/v1/me/saved')).toEqual([other.id, one.id]);
    await ada.request('get', `/v1/me/collections/${id}/posts`).expect(404);
    await ada.request('put', `/v1/me/collections/${id}/posts/${one.id}`).expect(404);

    await grace.request('delete', `/v1/me/collections/${id}/posts/${one.id}`).expect(204);
    expect(await ids(grace, '/v1/me/saved')).toEqual([other.id, one.id]);
    await grace.request('delete', `/v1/posts/${other.id}/save`).expect(200);
    expect(await ids(grace, `/v1/me/collections/${id}/posts`)).toEqual([]);

    const renamed = await grace.request('patch', `/v1/me/collections/${id}`, { name: 'Coast' }).expect(200);
    expect(renamed.body).toMatchObject({ id, name: 'Coast', counts: { posts: 0 } });
    await grace.request('delete', `/v1/me/collections/${id}`).expect(204);
    await grace.request('get', `/v1/me/collections/${id}/posts`).expect(404);
    expect(await ids(grace, '/v1/me/saved')).toEqual([one.id]);
  });

  it.each(['', '   ', 'x'.repeat(51)])('may not be called %j', async (name) => {
    const refused = await ada.request('post', '/v1/me/collections', { name }).expect(422);
    expect(refused.body).toMatchObject({ code: 'validation_failed', errors: [{ pointer: '/name' }] });
  });
});
