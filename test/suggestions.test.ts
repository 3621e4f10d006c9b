import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Page, User } from './harness/contract.js';
import { PASSWORD, signUp, type Person } from './harness/people.js';
import { startStack, type Stack } from './harness/stack.js';

let stack: Stack;
const people = new Map<string, Person>();

function person(name: string): Person {
  const found = people.get(name);
  if (!found) throw new Error(`expected ${name} to have signed up`);
  return found;
}

async function page(reader: Person, query = ''): Promise<Page<User>> {
  return (await reader.request('get', `/v1/suggestions${query}`).expect(200)).body as Page<User>;
}

/** Requests, awaits and reads suggestions. */
async function suggested(name: string): Promise<string[]> {
  await page(person(name));
  await stack.folded();
  return (await page(person(name))).items.map(({ username }) => username);
}

/** Makes the suggestions look as if computed long ago. */
async function age(name: string, time: string): Promise<void> {
  await stack.database.query(
    `UPDATE suggestion_states SET asked_at = now() - $2::interval WHERE user_id = $1`,
    [person(name).id, time],
  );
}

beforeAll(async () => {
  stack = await startStack();
  const names = 'ada bob cleo dora emil finn gina hugo star'.split(' ');
  await Promise.all(names.map(async (name) => people.set(name, await signUp(stack, name))));
  const follows = [
    ['ada', 'bob'],
    ['ada', 'cleo'],
    ['bob', 'dora'],
    ['cleo', 'dora'],
    ['bob', 'emil'],
    ['bob', 'ada'],
    ['cleo', 'bob'],
    ['finn', 'star'],
    ['gina', 'star'],
    ['hugo', 'star'],
  ];
  for (const [follower = '', followee = ''] of follows) await person(follower).follow(person(followee));
  await stack.folded();
});
afterAll(() => stack.stop());

describe('suggestions', () => {
  test('are friends of friends by how many they share, then the popular', async () => {
    const names = await suggested('ada');
    expect(names.slice(0, 3)).toEqual(['dora', 'emil', 'star']);
    expect((await page(person('ada'))).items[0]).toMatchObject({
      username: 'dora',
      relationship: { following: false },
    });
  });

  test('are the popular at once for somebody who just came', async () => {
    const newcomer = await signUp(stack, 'newcomer');
    const names = (await page(newcomer)).items.map(({ username }) => username);
    expect(names[0]).toBe('star');
    expect(names).not.toContain('newcomer');
    await stack.folded();
    expect((await page(newcomer)).items.map(({ username }) => username)).toEqual(names);
  });

  test('never name the reader, nor whom they follow', async () => {
    for (const name of ['ada', 'bob', 'cleo', 'star']) {
      const names = await suggested(name);
      expect(names).not.toContain(name);
      const following = (await person(name).request('get', `/v1/users/${person(name).id}/following`))
        .body as Page<User>;
      for (const { username } of following.items) expect(names).not.toContain(username);
    }
  });

  test('go on by key', async () => {
    const first = await page(person('ada'), '?limit=1');
    const second = await page(person('ada'), `?limit=1&cursor=${first.nextCursor}`);
    expect([...first.items, ...second.items].map(({ username }) => username)).toEqual(['dora', 'emil']);
  });

  test('leave out at once who was followed, muted or blocked since, on either side', async () => {
    const reader = await signUp(stack, 'reader');
    people.set('reader', reader);
    const other = await Promise.all(['one', 'two', 'three', 'four'].map((name) => signUp(stack, name)));
    const [one, two, three, four] = other as [Person, Person, Person, Person];
    for (const each of other) await person('star').follow(each);
    await reader.follow(person('star'));
    await four.request('patch', '/v1/me', { private: true }).expect(200);
    await stack.folded();
    expect(await suggested('reader')).toEqual(expect.arrayContaining(['one', 'two', 'three', 'four']));
    await reader.follow(one);
    await reader.request('put', `/v1/users/${two.id}/mute`).expect(200);
    await three.request('put', `/v1/users/${reader.id}/block`).expect(200);
    await reader.follow(four);
    const left = (await page(reader)).items.map(({ username }) => username);
    for (const name of ['one', 'two', 'three', 'four']) expect(left).not.toContain(name);
    await age('reader', '2 days');
    expect(await suggested('reader')).toEqual(left);
  });

  test('that were dismissed do not come back', async () => {
    await person('ada')
      .request('delete', `/v1/suggestions/${person('dora').id}`)
      .expect(204);
    await person('ada')
      .request('delete', `/v1/suggestions/${person('dora').id}`)
      .expect(204);
    expect((await page(person('ada'))).items.map(({ username }) => username)).not.toContain('dora');
    await age('ada', '2 days');
    const names = await suggested('ada');
    expect(names).not.toContain('dora');
    expect(names).toContain('emil');
    await person('ada').request('delete', '/v1/suggestions/1').expect(404);
    await person('ada').request('delete', '/v1/suggestions/nobody').expect(404);
  });

  test('are worked out anew after a follow, though not at every one', async () => {
    const before = await suggested('emil');
    expect(before.slice(0, 2).sort()).not.toEqual(['bob', 'cleo']);
    await person('emil').follow(person('ada'));
    expect(await suggested('emil')).toEqual(before.filter((name) => name !== 'ada'));
    await age('emil', '61 seconds');
    expect((await suggested('emil')).slice(0, 2).sort()).toEqual(['bob', 'cleo']);
  });

  test('name nobody whose account is closed', async () => {
    expect(await suggested('dora')).toContain('star');
    await person('star').request('delete', '/v1/me', { password: PASSWORD }).expect(202);
    expect((await page(person('dora'))).items.map(({ username }) => username)).not.toContain('star');
    await stack.eraseClosed();
    expect(
      await stack.database.query('SELECT 1 FROM popular_people WHERE user_id = $1', [person('star').id]),
    ).toEqual([]);
  });
});
