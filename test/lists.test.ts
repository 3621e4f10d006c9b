import request from 'supertest';
import { beforeAll, describe, expect, test } from 'vitest';
import { faults, refused } from './harness/answers.js';
import type { Page, Post } from './harness/contract.js';
import { signUp, type Person } from './harness/people.js';
import { drawn } from './harness/pictures.js';
import { sharedStack } from './harness/shared-stack.js';
import type { Stack } from './harness/stack.js';

type Item = { id: string };
type Listed = Page<Item>;

let stack: Stack;
let ada: Person;
let grace: Person;
let seed = 400;

beforeAll(async () => {
  stack = await sharedStack();
  [ada, grace] = await Promise.all([signUp(stack, 'ada'), signUp(stack, 'grace')]);
  await grace.follow(ada);
});

async function newPost(): Promise<Post> {
  return ada.post([await ada.upload(await drawn({ width: 64, height: 64, seed: (seed += 1) }))]);
}

async function page(path: string, query = ''): Promise<Listed> {
  const url = path.includes('?') ? `${path}${query.replace('?', '&')}` : `${path}${query}`;
  return (await grace.request('get', url).expect(200)).body as Listed;
}

const ids = ({ items }: Listed) => items.map(({ id }) => id);

/** All entries from a page on, downwards, and the number of pages. */
async function rest(path: string, from: Listed, limit: number): Promise<string[]> {
  const found: string[] = [];
  for (let next = from.nextCursor; next !== null;) {
    const below = await page(path, `?limit=${limit}&cursor=${next}`);
    expect(below.items.length).toBeLessThanOrEqual(limit);
    found.push(...ids(below));
    next = below.nextCursor;
  }
  return found;
}

/** Each kind of list with seven entries, and functions that add one and remove one. */
const lists: Record<
  string,
  () => Promise<{ path: string; add: () => Promise<string>; oldestFirst?: boolean }>
> = {
  'the feed': async () => {
    await Promise.all(Array.from({ length: 7 }, newPost));
    return { path: '/v1/feed', add: async () => (await newPost()).id };
  },
  'a person’s posts': async () => ({
    path: `/v1/users/${ada.id}/posts`,
    add: async () => (await newPost()).id,
  }),
  'what one liked': async () => {
    const { items } = await ada.feed({ limit: 7 });
    for (const post of items) await grace.like(post);
    return { path: '/v1/me/liked', add: async () => (await grace.like(await newPost())).id };
  },
  'what one saved': async () => {
    const { items } = await ada.feed({ limit: 7 });
    for (const post of items) await grace.save(post);
    return { path: '/v1/me/saved', add: async () => (await grace.save(await newPost())).id };
  },
  comments: async () => {
    const post = await newPost();
    for (let said = 0; said < 7; said += 1) await grace.comment(post, `Number ${said}`);
    const path = `/v1/posts/${post.id}/comments`;
    return { path, add: async () => (await ada.comment(post, 'One more')).id, oldestFirst: true };
  },
  threads: async () => {
    const post = await newPost();
    for (let said = 0; said < 7; said += 1) await grace.comment(post, `Number ${said}`);
    const path = `/v1/posts/${post.id}/comments?sort=newest`;
    return { path, add: async () => (await ada.comment(post, 'One more')).id };
  },
  'threads, oldest first': async () => {
    const post = await newPost();
    for (let said = 0; said < 7; said += 1) await grace.comment(post, `Number ${said}`);
    const path = `/v1/posts/${post.id}/comments?sort=oldest`;
    return { path, add: async () => (await ada.comment(post, 'One more')).id, oldestFirst: true };
  },
  'replies, also to replies': async () => {
    const post = await newPost();
    const root = await ada.comment(post, 'Look');
    let last = root;
    const reply = async () => (last = await grace.comment(post, 'And so on', last));
    for (let said = 0; said < 7; said += 1) await reply();
    return {
      path: `/v1/comments/${root.id}/replies`,
      add: async () => (await reply()).id,
      oldestFirst: true,
    };
  },
  'who liked a post': async () => {
    const post = await newPost();
    for (let who = 0; who < 7; who += 1) await (await signUp(stack, `liker${who}`)).like(post);
    const path = `/v1/posts/${post.id}/likes`;
    const add = async () => {
      await ada.like(post);
      return ada.id;
    };
    return { path, add };
  },
  followers: async () => {
    const add = async (name: string) => {
      const person = await signUp(stack, name);
      await person.follow(ada);
      return person.id;
    };
    for (let who = 0; who < 6; who += 1) await add(`fan${who}`);
    return { path: `/v1/users/${ada.id}/followers`, add: () => add('latecomer') };
  },
};

describe.each(Object.keys(lists))('%s', (name) => {
  test('is read to its end in pages, each thing once, while more arrive', async () => {
    const { path, add, oldestFirst = false } = await (lists[name] as (typeof lists)[string])();
    const whole = await page(path, '?limit=50');
    expect(whole.items.length).toBeGreaterThanOrEqual(7);
    expect(whole.nextCursor).toBeNull();

    const first = await page(path, '?limit=3');
    expect(ids(first)).toEqual(ids(whole).slice(0, 3));
    const added = await add();
    await stack.folded();
    const below = await rest(path, first, 2);
    const expected = [...ids(whole).slice(3), ...(oldestFirst ? [added] : [])];
    expect(below).toEqual(expected);
    if (oldestFirst) return;

    const above = await page(path, `?newer=${first.prevCursor}`);
    expect(ids(above)).toEqual([added]);
    expect(ids(await page(path, `?newer=${above.prevCursor}`))).toEqual([]);
  });
});

describe('a cursor', () => {
  test('leads up as it leads down', async () => {
    const path = `/v1/users/${ada.id}/posts`;
    const all = ids(await page(path, '?limit=50'));
    const first = await page(path, '?limit=2');
    const second = await page(path, `?limit=2&cursor=${first.nextCursor}`);
    const third = await page(path, `?limit=2&cursor=${second.nextCursor}`);
    expect(ids(third)).toEqual(all.slice(4, 6));
    // The page just above, not the newest one.
    const back = await page(path, `?limit=2&newer=${third.prevCursor}`);
    expect(ids(back)).toEqual(all.slice(2, 4));
    expect(ids(await page(path, `?limit=2&newer=${back.prevCursor}`))).toEqual(all.slice(0, 2));
    expect(ids(await page(path, `?limit=2&cursor=${back.nextCursor}`))).toEqual(all.slice(4, 6));
  });

  test('outlives the things that it was made from', async () => {
    const path = '/v1/feed';
    const all = ids(await page(path, '?limit=50'));
    const first = await page(path, '?limit=3');
    for (const id of all.slice(2, 4)) await ada.remove({ id });
    expect(ids(await page(path, `?limit=2&cursor=${first.nextCursor}`))).toEqual(all.slice(4, 6));
    await stack.redis.flushall();
    expect(ids(await page(path, `?limit=2&cursor=${first.nextCursor}`))).toEqual(all.slice(4, 6));
  });

  test('made by hand, altered, or of another list is refused', async () => {
    const { nextCursor } = await page('/v1/feed', '?limit=1');
    const cursor = String(nextCursor);
    const altered = cursor.replace(/^./, (letter) => (letter === 'A' ? 'B' : 'A'));
    const byHand = Buffer.from(JSON.stringify({ id: '1' })).toString('base64url');
    for (const wrong of ['', '1', byHand, altered, `${cursor}A`, cursor.slice(1)]) {
      refused(await grace.request('get', `/v1/feed?cursor=${wrong}`), 400, 'cursor_invalid');
      refused(await grace.request('get', `/v1/feed?newer=${wrong}`), 400, 'cursor_invalid');
    }
    for (const path of ['/v1/me/liked', `/v1/users/${ada.id}/posts`, `/v1/users/${ada.id}/followers`])
      refused(await grace.request('get', `${path}?cursor=${cursor}`), 400, 'cursor_invalid');
    refused(await grace.request('get', `/v1/feed?cursor=${cursor}&newer=${cursor}`), 400, 'cursor_invalid');
  });
});

describe('a list', () => {
  test('takes a limit of 1 to 50 and nothing that it does not know', async () => {
    for (const [query, expected] of [
      ['limit=0', 'limit too_small'],
      ['limit=51', 'limit too_large'],
      ['limit=-1', 'limit too_small'],
      ['limit=abc', 'limit wrong_type'],
      ['limit=1.5', 'limit wrong_type'],
      ['limit=1&limit=2', 'limit wrong_type'],
      ['offset=20', 'offset unknown_field'],
    ] as const)
      expect(faults(await grace.request('get', `/v1/feed?${query}`))).toEqual([expected]);
    expect(faults(await grace.request('get', '/v1/me?fields=id'))).toEqual(['fields unknown_field']);
  });

  test('says in Link where it goes on, both ways', async () => {
    const first = await grace.request('get', '/v1/feed?limit=2').expect(200);
    const { nextCursor, prevCursor } = first.body as Listed;
    expect(first.headers['link']).toBe(
      `<${stack.url}/v1/feed?limit=2&cursor=${nextCursor}>; rel="next", ` +
        `<${stack.url}/v1/feed?limit=2&newer=${prevCursor}>; rel="prev"`,
    );
    const next = /<([^>]+)>; rel="next"/.exec(String(first.headers['link']))?.[1] ?? '';
    const followed = await request(next).get('').set('Authorization', `Bearer ${grace.session.accessToken}`);
    expect(followed.body).toMatchObject({ items: (await page('/v1/feed', '?limit=4')).items.slice(2) });
    const likes = await grace.request('get', `/v1/users/${ada.id}/followers?limit=1`);
    expect(likes.headers['link']).toContain('rel="next"');
  });

  test('that is empty has no ends', async () => {
    const mary = await signUp(stack, 'mary');
    const response = await mary.request('get', '/v1/feed').expect(200);
    expect(response.body).toEqual({ items: [], nextCursor: null, prevCursor: null });
    expect(response.headers).not.toHaveProperty('link');
  });
});

describe('the feed’s first page', () => {
  test('answers 304 until a post arrives or is edited, not for a like', async () => {
    const { headers } = await grace.request('get', '/v1/feed?limit=3').expect(200);
    const again = () =>
      grace.request('get', '/v1/feed?limit=3').set('If-None-Match', String(headers['etag']));
    await again().expect(304);
    const [newest] = (await grace.feed({ limit: 1 })).items;
    if (!newest) throw new Error('expected a post in the feed but found none');
    await ada.like(newest);
    await again().expect(304);
    await ada.request('patch', `/v1/posts/${newest.id}`, { caption: 'Edited' }).expect(200);
    expect(((await again().expect(200)).body as Page<Post>).items[0]).toMatchObject({ caption: 'Edited' });
  });
});
