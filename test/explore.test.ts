import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Page, Post, ProblemBody } from './harness/contract.js';
import { signUp, type Person } from './harness/people.js';
import { drawn } from './harness/pictures.js';
import { startStack, type Stack } from './harness/stack.js';
import { patient } from './harness/pace.js';

/** A list may be some seconds stale when somebody begins to read it. */
const SOON = { timeout: patient(20_000), interval: 250 };

let stack: Stack;
let ada: Person;
let grace: Person;
let fans: Person[];

beforeAll(async () => {
  stack = await startStack();
  [ada, grace, ...fans] = (await Promise.all(
    ['ada', 'grace', 'fan1', 'fan2', 'fan3', 'fan4'].map((name) => signUp(stack, name)),
  )) as [Person, Person, ...Person[]];
});
afterAll(() => stack.stop());

let seed = 100;
async function posted(person: Person, likes: number): Promise<Post> {
  seed += 1;
  const post = await person.post([await person.upload(await drawn({ seed, width: 320, height: 240 }))]);
  for (const fan of fans.slice(0, likes)) await fan.like(post);
  return post;
}

async function explore(person: Person, query = ''): Promise<Page<Post>> {
  return (await person.request('get', `/v1/explore${query}`).expect(200)).body as Page<Post>;
}
const ids = async (person: Person): Promise<string[]> =>
  (await explore(person, '?limit=50')).items.map(({ id }) => id);
/** Waits until these posts appear in this order, ignoring others. */
async function expectOrder(person: Person, posts: readonly Post[]): Promise<void> {
  const order = async () => (await ids(person)).filter((id) => posts.some((post) => post.id === id));
  await expect.poll(order, SOON).toEqual(posts.map(({ id }) => id));
}
async function expectGone(person: Person, post: Post): Promise<void> {
  await expect.poll(async () => (await ids(person)).includes(post.id), SOON).toBe(false);
}

describe('explore', () => {
  test('shows the most liked posts first, whole as everywhere, and none that nobody likes', async () => {
    const [two, four, none] = [await posted(ada, 2), await posted(ada, 4), await posted(ada, 0)];
    await stack.folded();
    await expectOrder(grace, [four, two]);
    expect(await ids(grace)).not.toContain(none.id);
    const [first] = (await explore(grace)).items;
    expect(first).toEqual(await grace.see(four));
  });

  test('lets half the likes make up for half a day', async () => {
    const [old, older, young] = [await posted(ada, 4), await posted(ada, 4), await posted(ada, 3)];
    await stack.folded();
    // Makes a post look some hours older.
    const age = (post: Post, hours: number) =>
      stack.database.query('UPDATE popular_posts SET score = score - $2 / 12.0 WHERE post_id = $1', [
        post.id,
        hours,
      ]);
    await age(old, 3);
    await age(older, 6);
    await expectOrder(grace, [old, young, older]);
  });

  test('leaves out the reader’s own and those of people whom they follow, mute or block, at once', async () => {
    const post = await posted(ada, 3);
    const reader = await signUp(stack, 'reader');
    await stack.folded();
    await expectOrder(reader, [post]);
    const whileDone = async (path: string): Promise<boolean> => {
      await reader.request('put', path).expect(200);
      const shown = (await ids(reader)).includes(post.id);
      await reader.request('delete', path).expect(200);
      return shown;
    };
    for (const deed of ['follow', 'mute', 'block'])
      expect({ deed, shown: await whileDone(`/v1/users/${ada.id}/${deed}`) }).toEqual({ deed, shown: false });
    expect(await ids(reader)).toContain(post.id);
    expect(await ids(ada)).not.toContain(post.id);
  });

  test('forgets what is deleted, archived, private or no longer liked, and finds it again', async () => {
    const author = await signUp(stack, 'author');
    const [deleted, archived, unliked] = [
      await posted(author, 2),
      await posted(author, 3),
      await posted(author, 1),
    ];
    await stack.folded();
    await expectOrder(grace, [archived, deleted, unliked]);

    await author.remove(deleted);
    await author.request('put', `/v1/posts/${archived.id}/archive`).expect(200);
    expect(await ids(grace)).not.toEqual(expect.arrayContaining([deleted.id]));
    expect(await ids(grace)).not.toEqual(expect.arrayContaining([archived.id]));
    await fans[0]?.unlike(unliked);
    await expectGone(grace, unliked);

    await author.request('delete', `/v1/posts/${archived.id}/archive`).expect(200);
    await expectOrder(grace, [archived]);
    await author.request('patch', '/v1/me', { private: true }).expect(200);
    expect(await ids(grace)).not.toContain(archived.id);
    await stack.folded();
    const kept = await stack.database.query('SELECT 1 FROM popular_posts WHERE post_id = ANY($1)', [
      [deleted.id, archived.id, unliked.id],
    ]);
    expect(kept).toEqual([]);
    await author.request('patch', '/v1/me', { private: false }).expect(200);
    await expectOrder(grace, [archived]);
  });

  test('is there when Redis was emptied', async () => {
    const before = await ids(grace);
    await stack.redis.flushall();
    expect(await ids(grace)).toEqual(before);
  });
});

describe('its pages', () => {
  test('hold their order while likes change it, go both ways, and end with 410 when they are no longer held', async () => {
    const posts = [await posted(ada, 1), await posted(ada, 2), await posted(ada, 3)];
    await stack.folded();
    await expectOrder(grace, posts.toReversed());
    const all = await ids(grace);
    let page = await explore(grace, '?limit=2');
    const read = page.items.map(({ id }) => id);
    for (const fan of fans) await fan.like(posts[0] as Post);
    await stack.folded();
    let second: Page<Post> | undefined;
    while (page.nextCursor !== null) {
      page = await explore(grace, `?limit=2&cursor=${page.nextCursor}`);
      second ??= page;
      read.push(...page.items.map(({ id }) => id));
    }
    expect(read).toEqual(all);
    const back = await explore(grace, `?limit=2&newer=${second?.prevCursor}`);
    expect(back.items.map(({ id }) => id)).toEqual(all.slice(0, 2));
    await expectOrder(grace, [posts[0], posts[2], posts[1]] as Post[]);

    const { nextCursor } = await explore(grace, '?limit=2');
    await stack.redis.flushall();
    const expired = await grace.request('get', `/v1/explore?cursor=${nextCursor}`).expect(410);
    expect((expired.body as ProblemBody).code).toBe('list_expired');
    await grace.request('get', '/v1/explore?cursor=AAAA').expect(400);
  });

  test('are filled up where much is left out', async () => {
    const [followed, other] = [await signUp(stack, 'followed'), await signUp(stack, 'other')];
    for (let count = 0; count < 6; count += 1) await posted(followed, 4);
    const wanted = [await posted(other, 3), await posted(other, 2)];
    const reader = await signUp(stack, 'follower');
    await reader.follow(followed);
    await stack.folded();
    await expectOrder(reader, wanted);
    const { items, nextCursor } = await explore(reader, '?limit=2');
    expect(items).toHaveLength(2);
    expect(nextCursor).not.toBeNull();
  });
});
