import { beforeAll, describe, expect, test } from 'vitest';
import { faults } from './harness/answers.js';
import { conforms } from './harness/conforms.js';
import type { Page, Post } from './harness/contract.js';
import { signUp, type Person } from './harness/people.js';
import { drawn } from './harness/pictures.js';
import { sharedStack } from './harness/shared-stack.js';
import type { Stack } from './harness/stack.js';

let stack: Stack;
let ada: Person;
let grace: Person;
let posts: Post[];
let seed = 4_200;

async function threePhotos(person: Person) {
  const pictures = Array.from({ length: 3 }, () => drawn({ width: 800, height: 600, seed: (seed += 1) }));
  return Promise.all((await Promise.all(pictures)).map((picture) => person.upload(picture)));
}

beforeAll(async () => {
  stack = await sharedStack();
  [ada, grace] = await Promise.all([signUp(stack, 'ada'), signUp(stack, 'grace')]);
  posts = [];
  for (let n = 0; n < 4; n += 1)
    posts.push(await ada.post(await threePhotos(ada), { caption: `Fog #grid${seed}`, sensitive: n === 0 }));
});

/** The same list in both views. */
async function both(person: Person, path: string) {
  const full = await person.request('get', path).expect(200);
  const grid = await person.request('get', `${path}${path.includes('?') ? '&' : '?'}view=grid`).expect(200);
  conforms('GET', path, full);
  conforms('GET', path, grid);
  return { full, grid };
}

/** A post as a cell, by the contract. */
function cellOf({ photos, ...post }: Post): object {
  const [first] = photos;
  return {
    id: post.id,
    code: post.code,
    state: post.state,
    photo: {
      thumbhash: first?.thumbhash,
      color: first?.color,
      width: first?.width,
      height: first?.height,
      square150: first?.renditions?.square150,
      w640: first?.renditions?.w640,
    },
    photoCount: photos.length,
    sensitive: post.sensitive,
    filtered: [],
    counts: post.counts,
    createdAt: post.createdAt,
    takenAt: null,
  };
}

describe('view=grid', () => {
  test('shows each list of posts as cells, with the same cursors', async () => {
    const collection = await grace.request('post', '/v1/me/collections', { name: 'Fog' }).expect(201);
    const { id } = collection.body as { id: string };
    const tags = posts.map(({ caption }) => caption?.split('#')[1]);
    for (const post of posts) {
      await grace.like(post);
      await grace.request('put', `/v1/me/collections/${id}/posts/${post.id}`).expect(200);
    }
    await stack.quiet();
    const lists = [
      `/v1/users/${ada.id}/posts?limit=2`,
      '/v1/me/liked?limit=2',
      '/v1/me/saved?limit=2',
      `/v1/me/collections/${id}/posts?limit=2`,
      `/v1/tags/${tags[0]}/posts`,
    ];
    for (const path of lists) {
      const { full, grid } = await both(grace, path);
      const page = full.body as Page<Post>;
      expect(page.items.length).toBeGreaterThan(0);
      expect(grid.body).toEqual({ ...page, items: page.items.map(cellOf) });
      if (page.nextCursor === null) continue;
      expect(grid.headers['link']).toContain('view=grid');
      const next = await grace.request('get', `${path}&view=grid&cursor=${page.nextCursor}`).expect(200);
      expect((next.body as Page<Post>).items).toHaveLength(2);
    }
    const explored = await grace.request('get', '/v1/explore?view=grid&limit=50').expect(200);
    conforms('GET', '/v1/explore', explored);
    for (const item of (explored.body as Page<Post>).items) expect(item).not.toHaveProperty('photos');
  });

  test('takes a quarter of the bytes at most at three photos a post', async () => {
    const { full, grid } = await both(grace, `/v1/users/${ada.id}/posts`);
    expect(Buffer.byteLength(grid.text) / Buffer.byteLength(full.text)).toBeLessThanOrEqual(0.25);
  });

  test('shows an unfinished post to its author without pictures', async () => {
    const photos = await ada.send(await drawn({ width: 64, height: 64, seed: (seed += 1) }));
    const post = await ada.post([photos]);
    const { grid } = await both(ada, `/v1/users/${ada.id}/posts?limit=1`);
    const [cell] = (grid.body as Page<Post>).items;
    expect(cell).toMatchObject({ id: post.id, photoCount: 1 });
  });

  test('is the only view of a list of posts', async () => {
    const unknown = await grace.request('get', `/v1/users/${ada.id}/posts?view=tiles`);
    expect(faults(unknown)).toEqual(['view not_allowed']);
    expect(faults(await grace.request('get', '/v1/feed?view=grid'))).toEqual(['view unknown_field']);
  });
});

describe('view=compact', () => {
  type Notification = {
    type: string;
    group: string;
    actors: { id: string; username: string; avatar: { w150: string } | null }[];
    comment: { id: string; text: string } | null;
    post: Post | null;
  };
  const beginning = (text: string) => ([...text].length > 50 ? `${[...text].slice(0, 49).join('')}…` : text);
  let full: Page<Notification>;
  let compact: Page<Notification>;
  const list = (person: Person, query = '') => person.request('get', `/v1/notifications${query}`);

  beforeAll(async () => {
    const [post] = posts as [Post];
    const linus = await signUp(stack, 'linus');
    for (const person of [grace, linus]) await person.like(post);
    await grace.request('put', '/v1/me/avatar', { photoId: (await threePhotos(grace))[0]?.id }).expect(200);
    const said = await grace.comment(
      post,
      `${'🌫️'.repeat(4)} The fog came in over the bridge, as it does at noon, and left`,
    );
    await linus.comment(post, 'So it did, for an hour', said);
    await linus.follow(ada);
    await stack.quiet();
    full = (await list(ada).expect(200)).body as Page<Notification>;
    const answer = await list(ada, '?view=compact').expect(200);
    conforms('GET', '/v1/notifications', answer);
    compact = answer.body as Page<Notification>;
  });

  test('shows notifications as lines of a list, with the same cursors', () => {
    const types = new Set(compact.items.map(({ type }) => type));
    expect([...types].toSorted()).toEqual(['comment', 'follow', 'like']);
    expect(compact.items.map(({ group }) => group)).toEqual(full.items.map(({ group }) => group));
    expect(compact.nextCursor).toBe(full.nextCursor);
    for (const [index, line] of compact.items.entries()) {
      const { actors, comment, post } = full.items[index] as Notification;
      const square = post?.photos[0]?.renditions?.square150;
      const thumbnail = { url: square?.url, width: square?.width, height: square?.height };
      expect(line.post).toEqual(post && { id: post.id, code: post.code, thumbnail });
      const [newest] = actors;
      const avatar = newest?.avatar && { w150: newest.avatar.w150 };
      expect(line.actors).toEqual([{ id: newest?.id, username: newest?.username, avatar }]);
      expect(line.comment).toEqual(comment && { id: comment.id, text: beginning(comment.text) });
    }
  });

  test('takes 700 bytes a line', () => {
    for (const line of compact.items)
      expect(Buffer.byteLength(JSON.stringify(line))).toBeLessThanOrEqual(700);
  });

  test('has an ETag of its own', async () => {
    const [whole, lines] = await Promise.all([list(ada), list(ada, '?view=compact')]);
    expect(lines.headers['etag']).not.toBe(whole.headers['etag']);
    const tag = String(lines.headers['etag']);
    await list(ada, '?view=compact').set('If-None-Match', tag).expect(304);
    await list(ada).set('If-None-Match', tag).expect(200);
    expect(faults(await list(ada, '?view=grid'))).toEqual(['view not_allowed']);
  });
});
